// One set of TLS options, ready for use: what versions, ciphers, curves, protocols and client
// certificates a handshake allows. Certificates are chosen apart from it, per connection.
// Immutable, made on the control thread, shared by snapshots and by the connections made with it.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/digest.h"
#include "tls/server_options.h"

struct ssl_st;
struct ssl_ctx_st;

namespace fairlead::tls {

struct CertificateSet;

class ServerContext {
 public:
  // The fault is for people; warnings are about what was left out.
  static std::expected<std::shared_ptr<const ServerContext>, std::string> make(
      const ServerOptions& options, std::vector<std::string>& warnings);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  bool is_sni_strict() const { return is_sni_strict_; }
  // Equal for equal demands on client certificates.
  const Sha256& client_auth_id() const { return client_auth_id_; }

  // What a connection will carry: HTTP's protocols alone are agreed on, or, for a TCP service, any
  // that the options list. Without a list a client may offer what it likes.
  enum class Carries : uint8_t { http, anything };
  // A server's end of a connection to `server_name`, which presents one of `certificates`. Null
  // when OpenSSL refuses.
  ssl_st* new_connection(const CertificateSet& certificates, std::string_view server_name,
                         Carries carries = Carries::http) const;

 private:
  ServerContext() = default;
  std::string set_versions_and_ciphers(const ServerOptions& options,
                                       std::vector<std::string>& warnings);
  std::string set_client_auth(const ServerOptions& options);
  void set_protocols(const ServerOptions& options);
  void set_tickets(const ServerOptions& options);
  static int choose_any_protocol(ssl_st* ssl, const unsigned char** out, unsigned char* out_bytes,
                                 const unsigned char* offered, unsigned offered_bytes);
  static int choose_protocol(ssl_st* ssl, const unsigned char** out, unsigned char* out_bytes,
                             const unsigned char* offered, unsigned offered_bytes, void* ours);

  ssl_ctx_st* context_ = nullptr;
  std::string protocols_;        // as ALPN writes them: each after its length
  std::string any_protocols_;    // the same of a connection that carries anything
  bool is_alpn_strict_ = false;  // there: one of the list must be agreed on
  bool is_sni_strict_ = false;
  Sha256 id_{};  // of everything that a resumed session must not get around
  Sha256 client_auth_id_{};
};
using ServerContextPtr = std::shared_ptr<const ServerContext>;

}  // namespace fairlead::tls
