// passTLSClientCert: tells the upstream which certificate the client showed, whole
// (X-Forwarded-Tls-Client-Cert) or in parts (X-Forwarded-Tls-Client-Cert-Info). What the client
// sends under these names never gets through. Immutable, all workers.
#include "base/base64.h"
#include "middleware/fields.h"
#include "middleware/middleware_type.h"
#include "middleware/query_escape.h"
#include "tls/certificate_text.h"
#include "tls/session.h"

namespace fairlead::middleware {
namespace {

constexpr std::string_view kCertificate = "X-Forwarded-Tls-Client-Cert";
constexpr std::string_view kInfo = "X-Forwarded-Tls-Client-Cert-Info";

struct NameParts {
  bool domain_component = false, country = false, province = false, locality = false,
       organization = false, organizational_unit = false, serial_number = false,
       common_name = false;
};

struct Info {
  bool not_after = false, not_before = false, sans = false, serial_number = false;
  NameParts subject, issuer;
};

struct Settings {
  bool passes_certificate = false;
  bool passes_info = false;
  Info info;
};

void add_parts(std::string& out, std::string_view prefix, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value.empty()) continue;
    if (!out.empty()) out += ',';
    out += prefix;
    out += '=';
    out += value;
  }
}

std::string name_text(const tls::DistinguishedName& name, const NameParts& parts) {
  std::string out;
  if (parts.domain_component) add_parts(out, "DC", name.domain_components);
  if (parts.country) add_parts(out, "C", name.countries);
  if (parts.province) add_parts(out, "ST", name.provinces);
  if (parts.locality) add_parts(out, "L", name.localities);
  if (parts.organization) add_parts(out, "O", name.organizations);
  if (parts.organizational_unit) add_parts(out, "OU", name.organizational_units);
  if (parts.serial_number) add_parts(out, "SN", {name.serial_number});
  if (parts.common_name) add_parts(out, "CN", {name.common_name});
  return out;
}

void add_value(std::string& out, std::string_view name, const std::string& value) {
  if (!out.empty()) out += ';';
  out += name;
  out += "=\"" + value + "\"";
}

std::string info_text(const tls::CertificateText& certificate, const Info& info) {
  std::string out;
  std::string subject = name_text(certificate.subject, info.subject);
  if (!subject.empty()) add_value(out, "Subject", subject);
  std::string issuer = name_text(certificate.issuer, info.issuer);
  if (!issuer.empty()) add_value(out, "Issuer", issuer);
  if (info.serial_number && !certificate.serial.empty())
    add_value(out, "SerialNumber", certificate.serial);
  if (info.not_before) add_value(out, "NB", std::to_string(certificate.not_before));
  if (info.not_after) add_value(out, "NA", std::to_string(certificate.not_after));
  if (info.sans) {
    std::string names;
    for (const std::string& one : certificate.alternative_names)
      names += (names.empty() ? "" : ",") + one;
    add_value(out, "SAN", names);
  }
  return out;
}

class PassTlsClientCert final : public pipeline::Edit {
 public:
  explicit PassTlsClientCert(Settings settings) : settings_(settings) {}

  bool edits_responses() const override { return false; }
  void on_request(pipeline::Exchange& x) const override {
    http::HeaderMap& headers = x.request.headers;
    remove_trusted_field(headers, kCertificate);
    remove_trusted_field(headers, kInfo);
    if (x.tls == nullptr || x.tls->client_certificates.empty()) return;
    if (settings_.passes_certificate) {
      std::string all;
      for (const std::string& der : x.tls->client_certificates)
        all += (all.empty() ? "" : ",") + base64_encode(der);
      headers.add(kCertificate, x.arena.copy(all));
    }
    if (!settings_.passes_info) return;
    std::string all;
    for (const std::string& der : x.tls->client_certificates) {
      std::optional<tls::CertificateText> text = tls::read_certificate(der);
      if (!text) continue;
      all += (all.empty() ? "" : ",") + info_text(*text, settings_.info);
    }
    headers.add(kInfo, x.arena.copy(query_escaped(all)));
  }

 private:
  Settings settings_;
};

void read_name(config::Reader& options, std::string_view key, NameParts& parts) {
  options.child(key, [&](config::Reader& name) {
    name.read("domainComponent", parts.domain_component);
    name.read("country", parts.country);
    name.read("province", parts.province);
    name.read("locality", parts.locality);
    name.read("organization", parts.organization);
    name.read("organizationalUnit", parts.organizational_unit);
    name.read("serialNumber", parts.serial_number);
    name.read("commonName", parts.common_name);
  });
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  options.read("pem", settings.passes_certificate);
  settings.passes_info = options.child("info", [&](config::Reader& info) {
    info.read("notAfter", settings.info.not_after);
    info.read("notBefore", settings.info.not_before);
    info.read("sans", settings.info.sans);
    info.read("serialNumber", settings.info.serial_number);
    read_name(info, "subject", settings.info.subject);
    read_name(info, "issuer", settings.info.issuer);
  });
  if (!settings.passes_certificate && !settings.passes_info)
    options.warning("", "passes nothing on; set pem or info");
  if (options.has_errors()) return nullptr;
  return std::make_unique<PassTlsClientCert>(settings);
}

}  // namespace

const MiddlewareType types::pass_tls_client_cert{"passTLSClientCert", make};

}  // namespace fairlead::middleware
