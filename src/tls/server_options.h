// TLS options of a server as somebody wrote them (`tls.options.<name>`), with Traefik's keys and
// words. A value.
#pragma once

#include <string>
#include <vector>

namespace fairlead::tls {

struct ServerOptions {
  std::string min_version{};                     // "VersionTLS12"; "" = TLS 1.2
  std::string max_version{};                     // "" = none
  std::vector<std::string> cipher_suites{};      // IANA names; empty = the good ones
  std::vector<std::string> curve_preferences{};  // empty = X25519, P-256, P-384
  std::vector<std::string> ca_bundles{};         // clientAuth.caFiles: PEM texts
  std::string
      client_auth_type;  // "" = RequireAndVerifyClientCert with bundles, NoClientCert without
  bool is_sni_strict = false;
  std::vector<std::string> alpn_protocols{};  // empty = all there are
  bool disables_session_tickets = false;

  bool operator==(const ServerOptions&) const = default;
};

}  // namespace fairlead::tls
