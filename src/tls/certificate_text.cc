#include "tls/certificate_text.h"

#include <ctime>

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls/openssl_ptr.h"

namespace fairlead::tls {
namespace {

std::string text_of(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  int bytes = string != nullptr ? ASN1_STRING_to_UTF8(&utf8, string) : -1;
  if (bytes < 0) return {};
  std::string text(reinterpret_cast<char*>(utf8), static_cast<size_t>(bytes));
  OPENSSL_free(utf8);
  return text;
}

void add_part(DistinguishedName& name, int nid, std::string text) {
  switch (nid) {
    case NID_domainComponent:
      name.domain_components.push_back(std::move(text));
      break;
    case NID_countryName:
      name.countries.push_back(std::move(text));
      break;
    case NID_stateOrProvinceName:
      name.provinces.push_back(std::move(text));
      break;
    case NID_localityName:
      name.localities.push_back(std::move(text));
      break;
    case NID_organizationName:
      name.organizations.push_back(std::move(text));
      break;
    case NID_organizationalUnitName:
      name.organizational_units.push_back(std::move(text));
      break;
    case NID_serialNumber:
      name.serial_number = std::move(text);
      break;
    case NID_commonName:
      name.common_name = std::move(text);
      break;
    default:
      break;
  }
}

DistinguishedName name_of(const X509_NAME* from) {
  DistinguishedName name;
  for (int i = 0; i < X509_NAME_entry_count(from); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(from, i);
    add_part(name, OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)),
             text_of(X509_NAME_ENTRY_get_data(entry)));
  }
  return name;
}

std::string serial_of(const X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  if (number == nullptr) return {};
  char* decimal = BN_bn2dec(number);
  std::string text = decimal != nullptr ? decimal : "";
  OPENSSL_free(decimal);
  BN_free(number);
  return text;
}

int64_t unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  int bytes = ASN1_STRING_length(address);
  if (bytes != 4 && bytes != 16) return {};
  char text[INET6_ADDRSTRLEN];
  const char* written =
      inet_ntop(bytes == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
  return written != nullptr ? written : "";
}

std::vector<std::string> alternative_names_of(const X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::vector<std::string> all;
  for (int type : {GEN_DNS, GEN_EMAIL, GEN_IPADD, GEN_URI}) {
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
      if (name->type != type) continue;
      std::string text = type == GEN_IPADD ? ip_text(name->d.iPAddress) : text_of(name->d.ia5);
      if (!text.empty()) all.push_back(std::move(text));
    }
  }
  GENERAL_NAMES_free(names);
  return all;
}

std::string der_of(X509* certificate) {
  int bytes = i2d_X509(certificate, nullptr);
  if (bytes <= 0) return {};
  std::string der(static_cast<size_t>(bytes), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

}  // namespace

std::optional<CertificateText> read_certificate(std::string_view der) {
  auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) return std::nullopt;
  CertificateText text;
  text.subject = name_of(X509_get_subject_name(certificate.get()));
  text.issuer = name_of(X509_get_issuer_name(certificate.get()));
  text.serial = serial_of(certificate.get());
  text.not_before = unix_time(X509_get0_notBefore(certificate.get()));
  text.not_after = unix_time(X509_get0_notAfter(certificate.get()));
  text.alternative_names = alternative_names_of(certificate.get());
  return text;
}

std::vector<std::string> peer_certificates_der(ssl_st* connection) {
  std::vector<std::string> all;
  X509* own = SSL_get0_peer_certificate(connection);
  if (own == nullptr) return all;
  all.push_back(der_of(own));
  // On the server's side the chain is without the peer's own.
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(connection);
  for (int i = 0; i < sk_X509_num(chain); ++i) all.push_back(der_of(sk_X509_value(chain, i)));
  return all;
}

}  // namespace fairlead::tls
