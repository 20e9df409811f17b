// The words of Traefik's TLS options in OpenSSL's terms. Pure functions; what is wrong is said for
// people.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

// "VersionTLS12" → 0x0303.
std::expected<int, std::string> version_number(std::string_view word);

// IANA names, one after another, as OpenSSL's list for TLS 1.2 and below. Suites of TLS 1.3 are not
// for choosing and left out; so are those that this OpenSSL has not, with a warning.
struct CipherList {
  std::string openssl;
  bool has_tls13_names = false;
};
std::expected<CipherList, std::string> cipher_list(const std::vector<std::string>& suites,
                                                   std::vector<std::string>& warnings);

// "CurveP256" and the like as OpenSSL's list; groups that this OpenSSL has not are left out with a
// warning.
std::expected<std::string, std::string> group_list(const std::vector<std::string>& curves,
                                                   std::vector<std::string>& warnings);
// What is offered when nobody chose.
std::string default_groups();

enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };
std::expected<ClientAuth, std::string> client_auth(std::string_view word, bool has_bundles);

}  // namespace fairlead::tls
