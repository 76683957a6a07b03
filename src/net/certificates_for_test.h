// Keys and certificates made by OpenSSL for one test, and a TLS client with settings of its own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "net/wire_for_test.h"

namespace saiph::net {

/// A P-256 key and a certificate for localhost and 127.0.0.1, signed by `issuer` or by itself.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& name, const TestCertificate* issuer = nullptr,
                           bool is_authority = false)
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    X509* x = certificate_.get();
    static long serial = 1;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key_.get());
    X509_NAME* subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x,
                         X509_get_subject_name(issuer != nullptr ? issuer->certificate_.get() : x));
    extend(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!is_authority) extend(NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(x, (issuer != nullptr ? issuer : this)->key_.get(), EVP_sha256());
  }

  void write(const std::string& certificate_path, const std::string& key_path) const {
    if (FILE* file = std::fopen(certificate_path.c_str(), "w")) {
      PEM_write_X509(file, certificate_.get());
      std::fclose(file);
    }
    if (key_path.empty()) return;
    if (FILE* file = std::fopen(key_path.c_str(), "w")) {
      PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
      std::fclose(file);
    }
  }
  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  void extend(int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

struct TlsWireOptions {
  int version = TLS1_3_VERSION;
  std::string alpn;  // with its length byte
  const TestCertificate* client = nullptr;
};

/// A blocking TLS client that verifies nothing.
class TlsWire {
 public:
  explicit TlsWire(std::uint16_t port, const TlsWireOptions& options = {})
      : wire_(Wire::tcp(port)),
        context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        ssl_(nullptr, &SSL_free) {
    SSL_CTX_set_min_proto_version(context_.get(), options.version);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    if (options.client != nullptr) {
      SSL_CTX_use_certificate(context_.get(), options.client->certificate());
      SSL_CTX_use_PrivateKey(context_.get(), options.client->key());
    }
    ssl_.reset(SSL_new(context_.get()));
    if (!options.alpn.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                          static_cast<unsigned>(options.alpn.size()));
    }
    const timeval patience{10, 0};
    setsockopt(wire_.native(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL_set_fd(ssl_.get(), wire_.native());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  std::string subject() const {
    std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl_.get()),
                                                     &X509_free);
    char name[256] = "";
    if (peer) {
      X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name,
                                sizeof(name));
    }
    return name;
  }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  std::string receive_until(std::string_view mark) {
    std::string all;
    while (all.find(mark) == std::string::npos) {
      char piece[4096];
      const int got = SSL_read(ssl_.get(), piece, sizeof(piece));
      if (got <= 0) break;
      all.append(piece, static_cast<std::size_t>(got));
    }
    return all;
  }
  /// Everything; `clean` says whether close_notify came.
  std::string receive_all(bool* clean = nullptr) {
    std::string all;
    while (true) {
      char piece[4096];
      const int got = SSL_read(ssl_.get(), piece, sizeof(piece));
      if (got <= 0) {
        if (clean != nullptr) *clean = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
        return all;
      }
      all.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  Wire wire_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
};

}  // namespace saiph::net
