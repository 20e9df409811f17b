// The other side of TLS tests: certificates made on the spot, and a blocking client on one end of a
// socket pair, to be driven from a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

namespace fairlead::testing {

struct PemPair {
  std::string chain, key;
};

struct CertificateWish {
  std::vector<std::string> names{};  // subject alternative names
  std::string common_name = "test";
  bool is_rsa = false;
  long days = 30;
  const PemPair* issuer = nullptr;  // null: self-signed, may issue others
};
PemPair make_certificate(const CertificateWish& wish);

struct TlsClientOptions {
  std::string server_name{};
  int max_version = 0;
  int min_version = 0;
  std::vector<std::string> protocols{};
  std::string ciphers{};  // of TLS 1.2
  const PemPair* certificate = nullptr;
  SSL_SESSION* session = nullptr;
};

class TlsClient {
 public:
  // Owns the descriptor.
  TlsClient(int fd, const TlsClientOptions& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // What went wrong is in error().
  bool handshake();
  bool send(std::string_view bytes);
  // Exactly so many bytes; fewer at the end of the connection.
  std::string receive(size_t bytes);
  bool update_keys();
  void close_politely();
  void close_rudely();  // without close_notify

  const std::string& error() const { return error_; }
  bool is_resumed() const { return SSL_session_reused(ssl_) == 1; }
  std::string peer_name() const;  // common name of the server's certificate
  std::string protocol() const;
  int key_type() const;  // EVP_PKEY_… of the server's certificate
  // The last ticket; the caller's.
  SSL_SESSION* take_session();
  SSL* raw() { return ssl_; }

 private:
  void note_error();

  int fd_;
  SSL_CTX* context_;
  SSL* ssl_;
  std::string error_;
};

}  // namespace fairlead::testing
