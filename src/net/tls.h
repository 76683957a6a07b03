// TLS 1.3 contexts from files, and what a handshake has told.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "net/server.h"

namespace saiph::net {

using TlsContext = boost::asio::ssl::context;

/// A server's context: TLS 1.3 alone, no tickets, no early data, ALPN "http/1.1". Connections made
/// with it keep it alive. Errors: kNotFound and kDenied for files, kMalformed for their content or
/// a key that is not the certificate's. Any thread.
Result<std::shared_ptr<TlsContext>> make_server_context(const TlsOptions& options);

/// A client's context: TLS 1.2 or newer, the chain verified against `ca_file` or, when that is
/// empty, the system's authorities. Errors: as above.
Result<std::shared_ptr<TlsContext>> make_client_context(const std::string& ca_file);

/// SHA-256 of the peer's verified certificate; nothing when there is none. After the handshake.
std::optional<Digest> peer_certificate(SSL* connection);

/// OpenSSL's own words on why the last call of this thread failed; its queue is empty afterwards.
std::string openssl_reason();

}  // namespace saiph::net
