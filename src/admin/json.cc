#include "admin/json.h"

#include <cstdio>
#include <ctime>

namespace fairlead::admin {
namespace {

// Warned about when less than this is left, as Traefik does.
constexpr auto kExpiresSoon = std::chrono::days(30);

std::string_view status_of(const CertificateInfo& certificate, WallTime now) {
  if (certificate.not_after < now) return "disabled";
  return certificate.not_after - now < kExpiresSoon ? "warning" : "enabled";
}

void put(Json& to, const char* key, const std::string& text) {
  if (!text.empty()) to[key] = text;
}

}  // namespace

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string rfc3339(WallTime time) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Json shown(const CertificateInfo& certificate, WallTime now) {
  Json out{{"name", certificate.fingerprint},
           {"sans", certificate.sans},
           {"notAfter", rfc3339(certificate.not_after)},
           {"notBefore", rfc3339(certificate.not_before)},
           {"serialNumber", certificate.serial_number},
           {"commonName", certificate.common_name},
           {"version", certificate.version},
           {"keyType", certificate.key_type},
           {"signatureAlgorithm", certificate.signature_algorithm},
           {"certFingerprint", certificate.fingerprint},
           {"publicKeyFingerprint", certificate.public_key_fingerprint},
           {"status", status_of(certificate, now)}};
  put(out, "issuerOrg", certificate.issuer_org);
  put(out, "issuerCN", certificate.issuer_cn);
  put(out, "issuerCountry", certificate.issuer_country);
  put(out, "organization", certificate.organization);
  put(out, "country", certificate.country);
  if (certificate.key_size != 0) out["keySize"] = certificate.key_size;
  return out;
}

Json shown(const config::Diagnostic& diagnostic) {
  bool is_error = diagnostic.severity == config::Severity::error;
  return {{"severity", is_error ? "error" : "warning"},
          {"source", diagnostic.source},
          {"object", diagnostic.object},
          {"field", diagnostic.field},
          {"message", diagnostic.message}};
}

Json shown(const Change& change) {
  return {{"time", rfc3339(change.time)},
          {"provider", change.provider},
          {"added", change.added},
          {"removed", change.removed},
          {"changed", change.changed}};
}

}  // namespace fairlead::admin
