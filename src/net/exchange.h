// The handles that handlers hold. Weak towards the connection: a handle keeps no socket open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/server.h"

namespace saiph::net {

/// The handle of the exchange with this number of `connection`.
std::shared_ptr<Exchange> make_exchange(const std::weak_ptr<Connection>& connection,
                                        std::uint64_t number, std::shared_ptr<ExchangeState> state,
                                        RequestHead head, std::string body,
                                        std::unique_ptr<BodySink> sink);

}  // namespace saiph::net
