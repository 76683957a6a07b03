#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/file.h"

namespace saiph::net {
namespace {

/// A key file is a few KiB, a bundle of authorities a few hundred.
constexpr std::uint64_t kMaxPemBytes = 4U << 20;

struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// So that "no such file" and "not readable" are told apart from "no certificate".
Status check_file(const std::string& path) {
  auto source = FileSource::open(path);
  if (!source) return source.error().wrap("TLS file " + path);
  if ((*source)->size() > kMaxPemBytes) {
    return Error(ErrorCode::kMalformed, "TLS file " + path + " is larger than 4 MiB");
  }
  return {};
}

Error refused(const std::string& what) {
  return {ErrorCode::kMalformed, what + ": " + openssl_reason()};
}

/// RFC 7301: the client's list holds "http/1.1" or the handshake fails; nothing else is spoken.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length,
                const unsigned char* list, unsigned int list_length, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), list,
                            list_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<TlsContext>> empty_context(bool is_server) {
  ERR_clear_error();
  try {
    return std::make_shared<TlsContext>(is_server ? TlsContext::tls_server
                                                  : TlsContext::tls_client);
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, std::string("no TLS context: ") + error.what());
  }
}

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

Result<std::shared_ptr<TlsContext>> make_server_context(const TlsOptions& options) {
  SAIPH_CHECK(check_file(options.certificate_file));
  SAIPH_CHECK(check_file(options.key_file));
  SAIPH_TRY(auto context, empty_context(true));
  SSL_CTX* native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(native, 0) != 1 || SSL_CTX_set_max_early_data(native, 0) != 1) {
    return Error(ErrorCode::kInternal, "TLS 1.3 cannot be set up: " + openssl_reason());
  }
  // Without resumption every handshake checks the client's certificate and its dates again.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, &select_alpn, nullptr);
  // A sealed key would make OpenSSL ask on the terminal; a callback that knows nothing prevents it.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(native, options.certificate_file.c_str()) != 1) {
    return refused("the certificate " + options.certificate_file + " cannot be used");
  }
  if (SSL_CTX_use_PrivateKey_file(native, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refused("the key " + options.key_file + " cannot be used");
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return refused("the key " + options.key_file + " is not the certificate's");
  }
  if (!options.client_ca_file.empty()) {
    SAIPH_CHECK(check_file(options.client_ca_file));
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options.client_ca_file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(native, options.client_ca_file.c_str()) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      return refused("the client authorities " + options.client_ca_file + " cannot be used");
    }
    SSL_CTX_set_client_CA_list(native, names);
    SSL_CTX_set_verify(
        native,
        SSL_VERIFY_PEER |
            (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        nullptr);
    SSL_CTX_set_purpose(native, X509_PURPOSE_SSL_CLIENT);
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> make_client_context(const std::string& ca_file) {
  if (!ca_file.empty()) SAIPH_CHECK(check_file(ca_file));
  SAIPH_TRY(auto context, empty_context(false));
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1) {
    return Error(ErrorCode::kInternal, "TLS cannot be set up: " + openssl_reason());
  }
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(native)
                                     : SSL_CTX_load_verify_file(native, ca_file.c_str());
  if (loaded != 1) return refused("the authorities cannot be used");
  return context;
}

std::optional<Digest> peer_certificate(SSL* connection) {
  const std::unique_ptr<X509, X509Free> certificate(SSL_get1_peer_certificate(connection));
  if (!certificate || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  Digest digest;
  unsigned int length = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.bytes.data(), &length) != 1 ||
      length != digest.bytes.size()) {
    return std::nullopt;
  }
  return digest;
}

}  // namespace saiph::net
