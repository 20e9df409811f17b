#include "middleware/security_headers.h"

#include <algorithm>

namespace fairlead::middleware {
namespace {

std::string_view without_port(std::string_view authority) {
  size_t colon = authority.rfind(':');
  size_t bracket = authority.rfind(']');
  bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? authority.substr(0, colon) : authority;
}

}  // namespace

SecurityHeaders SecurityHeaders::read(config::Reader& options) {
  SecurityHeaders security;
  options.read("allowedHosts", security.allowed_hosts_);
  security.host_fields_ = read_field_names(options, "hostsProxyHeaders");
  security.proof_fields_ = read_field_rules(options, "sslProxyHeaders");
  security.read_transport(options);
  security.read_policies(options);
  security.read_deprecated(options);
  return security;
}

void SecurityHeaders::read_transport(config::Reader& options) {
  int64_t seconds = 0;
  bool has_subdomains = false;
  bool has_preload = false;
  bool is_forced = false;
  bool is_development = false;
  std::string public_key;
  options.read("stsSeconds", seconds);
  options.read("stsIncludeSubdomains", has_subdomains);
  options.read("stsPreload", has_preload);
  options.read("forceSTSHeader", is_forced);
  options.read("isDevelopment", is_development);
  options.read("publicKey", public_key);
  if (seconds < 0) {
    options.error("stsSeconds", "must not be negative");
    seconds = 0;
  }
  if (is_development) {
    allowed_hosts_.clear();
    return;
  }
  if (seconds > 0) {
    std::string value = "max-age=" + std::to_string(seconds);
    if (has_subdomains) value += "; includeSubDomains";
    if (has_preload) value += "; preload";
    (is_forced ? fields_ : secure_fields_).push_back({"Strict-Transport-Security", value});
  }
  if (!public_key.empty() && check_field_value(options, "publicKey", public_key)) {
    secure_fields_.push_back({"Public-Key-Pins", public_key});
  }
}

void SecurityHeaders::read_policies(config::Reader& options) {
  // Later rows of a name replace earlier ones: custom values win over switches.
  struct Switch {
    std::string_view key;
    FieldRule field;
  };
  const Switch switches[] = {
      {"frameDeny", {"X-Frame-Options", "DENY"}},
      {"contentTypeNosniff", {"X-Content-Type-Options", "nosniff"}},
      {"browserXssFilter", {"X-XSS-Protection", "1; mode=block"}},
  };
  struct Text {
    std::string_view key;
    std::string_view name;
  };
  constexpr Text kTexts[] = {
      {"customFrameOptionsValue", "X-Frame-Options"},
      {"customBrowserXSSValue", "X-XSS-Protection"},
      {"contentSecurityPolicy", "Content-Security-Policy"},
      {"contentSecurityPolicyReportOnly", "Content-Security-Policy-Report-Only"},
      {"referrerPolicy", "Referrer-Policy"},
      {"permissionsPolicy", "Permissions-Policy"},
  };
  for (const Switch& row : switches) {
    bool is_on = false;
    options.read(row.key, is_on);
    if (is_on) fields_.push_back(row.field);
  }
  for (const Text& row : kTexts) {
    std::string value;
    options.read(row.key, value);
    if (value.empty() || !check_field_value(options, row.key, value)) continue;
    std::erase_if(fields_, [&](const FieldRule& field) { return field.name == row.name; });
    fields_.push_back({std::string(row.name), value});
  }
}

void SecurityHeaders::read_deprecated(config::Reader& options) {
  options.deprecate("featurePolicy", "it has no effect; use permissionsPolicy");
  options.deprecate("sslRedirect",
                    "it has no effect; use redirectScheme or the entry point's redirection");
  options.deprecate("sslTemporaryRedirect",
                    "it has no effect; use redirectScheme without permanent");
  options.deprecate("sslHost", "it has no effect; use redirectRegex");
  options.deprecate("sslForceHost", "it has no effect; use redirectRegex");
}

bool SecurityHeaders::allows_host(const http::RequestHead& request) const {
  if (allowed_hosts_.empty()) return true;
  std::string_view host = request.authority;
  for (const std::string& name : host_fields_) {
    std::string_view value = request.headers.get(name);
    if (value.empty()) continue;
    host = value;
    break;
  }
  return std::any_of(allowed_hosts_.begin(), allowed_hosts_.end(), [&](const std::string& allowed) {
    return http::equals_ignore_case(allowed, host) ||
           http::equals_ignore_case(allowed, without_port(host));
  });
}

bool SecurityHeaders::is_secure(const pipeline::Exchange& x) const {
  return x.is_tls ||
         std::any_of(proof_fields_.begin(), proof_fields_.end(), [&](const FieldRule& proof) {
           return x.request.headers.get(proof.name) == proof.value;
         });
}

void SecurityHeaders::mark(bool is_secure, http::ResponseHead& head) const {
  for (const FieldRule& field : fields_) field.apply(head.headers);
  if (!is_secure) return;
  for (const FieldRule& field : secure_fields_) field.apply(head.headers);
}

}  // namespace fairlead::middleware
