// How we behave as a TLS client towards the servers of one serversTransport: whom to trust, what to
// show, which versions and suites. Immutable, shared by snapshots and workers; made on the control
// thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tls/certificate.h"
#include "tls/client_sessions.h"

struct ssl_ctx_st;

namespace fairlead::tls {

// A name that the server's certificate must carry instead of its host name.
struct PeerName {
  enum class Kind : uint8_t { uri, dns } kind = Kind::uri;
  std::string value;
  bool operator==(const PeerName&) const = default;
};

struct ClientOptions {
  std::string server_name;  // for SNI and verification; "" = the host that is connected to
  bool skips_verify = false;
  std::vector<std::string> ca_bundles;  // PEM; empty = the system's authorities
  std::vector<CertificatePtr>
      certificates;  // shown when the server asks; the first of a kind counts
  std::vector<std::string> cipher_suites;
  std::string min_version, max_version;
  std::vector<PeerName> peer_names;  // one of them must be there; then the host name need not be
};

// One connection's part.
struct ClientWish {
  std::string_view host;  // a name or a number
  bool offers_http2 = false;
  ClientSessions* sessions = nullptr;  // outlives the connection; null: none is resumed
  bool is_for_http = true;             // otherwise no protocol is offered in ALPN
};

class ClientContext;
using ClientContextPtr = std::shared_ptr<const ClientContext>;

class ClientContext {
 public:
  // The fault is for people, and begins with the option it is about.
  static std::expected<ClientContextPtr, std::string> make(const ClientOptions& options,
                                                           std::vector<std::string>& warnings);
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  // For TlsStream: a connection that is set up for the wish, or null.
  ssl_st* new_connection(const ClientWish& wish) const;
  // After a handshake: whether the certificate carries one of the names that it must.
  bool accepts_names(ssl_st* connection) const;

 private:
  ClientContext() = default;
  std::string set_versions_and_ciphers(const ClientOptions& options,
                                       std::vector<std::string>& warnings);
  std::string set_authorities(const ClientOptions& options);
  bool set_name(ssl_st* connection, std::string_view host) const;

  ssl_ctx_st* context_ = nullptr;
  std::string server_name_;
  bool skips_verify_ = false;
  std::vector<CertificatePtr> certificates_;
  std::vector<PeerName> peer_names_;
};

// What the verification of a server's certificate found, as the code that the log shows.
Code code_of_verification(long verify_result);

}  // namespace fairlead::tls
