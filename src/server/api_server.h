// ApiServer: requests in, answers out. Finds the operation, asks who sends it and whether they may,
// and has a worker carry it out. Everything it needs is given to it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "net/server.h"
#include "server/services.h"

namespace saiph::server {

/// The document as it is served at /api/v1/openapi.json. Any thread.
std::string_view openapi_document();

/// Any thread. Made before the net::Server that it answers for, and destroyed after it.
class ApiServer final : public net::Handler {
 public:
  ApiServer(Services services, ApiOptions options);
  ~ApiServer() override;
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  net::BodyPlan plan(const net::RequestHead& head) override;
  void handle(const std::shared_ptr<net::Exchange>& exchange) override;
  net::Response failure(int status, std::string_view reason) override;

  /// The HTTP server's counters, for metrics. Null before it is destroyed.
  void attach(const net::Server* server);
  /// The index has taken something over from the ledger: open consoles are told to read again.
  void index_changed();
  /// To be called some times a minute: suppressions that ended stop hiding.
  void expire_suppressions();
  /// Records what auditors read until now; at the end of the program before the ledger closes.
  Status flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saiph::server
