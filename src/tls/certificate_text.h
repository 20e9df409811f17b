// What a certificate says, as text: for those who pass a client's identity on. Pure functions, any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;

namespace fairlead::tls {

// RFC 5280 §4.1.2.4; each list in the order of the certificate.
struct DistinguishedName {
  std::vector<std::string> domain_components, countries, provinces, localities, organizations,
      organizational_units;
  std::string serial_number, common_name;
};

struct CertificateText {
  DistinguishedName subject, issuer;
  std::string serial;                          // decimal
  int64_t not_before = 0, not_after = 0;       // Unix time
  std::vector<std::string> alternative_names;  // DNS, e-mail, IP, URI, in this order
};

// Nothing when it is no certificate.
std::optional<CertificateText> read_certificate(std::string_view der);

// Of a connection whose handshake is done: the peer's own first. Empty when it showed none.
std::vector<std::string> peer_certificates_der(ssl_st* connection);

}  // namespace fairlead::tls
