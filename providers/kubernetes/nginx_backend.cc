// What stands behind the routes of an Ingress of an nginx class.
#include <algorithm>

#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/nginx_translation.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

std::string scheme_of(const NginxAnnotations& annotations) {
  std::string protocol = annotations.text("backend-protocol");
  if (protocol == "HTTPS" || protocol == "GRPCS") return "https";
  if (protocol == "GRPC") return "h2c";
  if (protocol.empty() && annotations.flag("secure-backends")) return "https";
  if (protocol.empty() && annotations.flag("grpc-backend")) return "h2c";
  return "http";
}

config::CookieSpec cookie_of(const NginxAnnotations& annotations) {
  config::CookieSpec cookie;
  cookie.name = annotations.text("session-cookie-name");
  if (cookie.name.empty()) cookie.name = "INGRESSCOOKIE";
  std::string path = annotations.text("session-cookie-path");
  if (!path.empty()) cookie.path = path;
  cookie.domain = annotations.text("session-cookie-domain");
  cookie.same_site = lower(annotations.text("session-cookie-samesite"));
  cookie.secure = annotations.flag("session-cookie-secure");
  cookie.http_only = true;
  cookie.max_age =
      annotations.number("session-cookie-max-age", annotations.number("session-cookie-expires", 0));
  return cookie;
}

}  // namespace

BackendTuning NginxTranslation::tuning_of(const NginxAnnotations& annotations) {
  BackendTuning tuning;
  tuning.scheme = scheme_of(annotations);
  tuning.is_native = annotations.flag("service-upstream");
  if (annotations.text("affinity") == "cookie") tuning.sticky = cookie_of(annotations);
  tuning.servers_transport = transport_;
  return tuning;
}

// Only where something differs from what every Service gets.
void NginxTranslation::make_transport() {
  Node options = Node::map();
  bool is_https = scheme_of(annotations_) == "https";
  bool verifies = annotations_.is_on("proxy-ssl-verify", false);
  // As ingress-nginx does: pods' certificates are mostly their own.
  if (is_https && !verifies) options.at("insecureSkipVerify") = Node::text("true");
  std::string name = annotations_.text("proxy-ssl-name");
  if (!name.empty()) options.at("serverName") = Node::string(name);
  std::string reference = annotations_.text("proxy-ssl-secret");
  if (!reference.empty()) {
    const Secret* found = secret(reference, "proxy-ssl-secret");
    if (found == nullptr) return deny("proxy-ssl-secret cannot be read");
    auto value = [&](const char* key) {
      auto entry = found->data.find(key);
      return entry == found->data.end() ? std::string() : entry->second;
    };
    if (!value("ca.crt").empty()) options.at("rootCAs") = node_list({value("ca.crt")});
    if (!value("tls.crt").empty() && !value("tls.key").empty()) {
      Node& item = options.at("certificates").items.emplace_back(Node::map());
      options.at("certificates").kind = Node::Kind::list;
      item.at("certFile") = Node::string(value("tls.crt"));
      item.at("keyFile") = Node::string(value("tls.key"));
    }
  } else if (is_https && verifies) {
    return deny("proxy-ssl-verify needs proxy-ssl-secret with ca.crt");
  }
  auto seconds = [&](const char* key) {
    return Node::string(std::to_string(annotations_.number(key, 60)) + "s");
  };
  if (annotations_.has("proxy-connect-timeout")) {
    options.at("forwardingTimeouts").at("dialTimeout") = seconds("proxy-connect-timeout");
  }
  if (annotations_.has("proxy-read-timeout")) {
    options.at("forwardingTimeouts").at("responseHeaderTimeout") = seconds("proxy-read-timeout");
  }
  if (options.members.empty()) return;
  // Why the hash: it is referred to from the service, by this name and no other.
  transport_ = normalize(base_name() + "-transport-" + short_hash(ingress_.meta.key()));
  part_.transports.emplace_back(transport_, config::OpaqueSpec{std::move(options)});
}

std::string NginxTranslation::backend(const Backend& to, const std::string& field) {
  if (!to.resource.empty()) {
    part_.fault("UnsupportedBackend", field,
                "a backend of kind " + to.resource + " is not supported; name a Service");
    return "#0";
  }
  std::string key = ingress_.meta.space + "/" + to.service;
  BackendTuning tuning = tuning_of(annotations_);
  std::string instead = annotations_.text("default-backend");
  if (!instead.empty()) {
    // Which of the two it is depends on the endpoints.
    part_.watched_services.push_back(key);
    BackendSettings settings;
    settings.allows_external_names = !config_.disables_external_name;
    if (find_targets(store_, key, to.port, tuning, settings).list.empty()) {
      return named_backend(instead, std::string(kNginxPrefix) + "default-backend");
    }
  }
  // Variants keep what Ingresses want of a Service apart.
  return part_.add_backend({key, to.port, ingress_.meta.name}, std::move(tuning), field);
}

// "[namespace/]name", by its first port.
std::string NginxTranslation::named_backend(const std::string& service, const std::string& field) {
  std::string key = service.contains('/') ? service : ingress_.meta.space + "/" + service;
  part_.watched_services.push_back(key);
  const Service* found = store_.services().find(key);
  PortRef port;
  if (found != nullptr && !found->ports.empty()) port.number = found->ports.front().port;
  return part_.add_backend({key, port, "default"}, {}, field);
}

// The middleware that asks the default backend for the page of an error.
std::string NginxTranslation::error_pages(const std::string& field) {
  if (annotations_.flag("disable-proxy-intercept-errors")) return "";
  std::vector<std::string> statuses = annotations_.has("custom-http-errors")
                                          ? annotations_.words("custom-http-errors")
                                          : config_.custom_http_errors;
  if (statuses.empty()) return "";
  std::string name = annotations_.text("default-backend");
  if (name.empty()) name = config_.default_backend_service;
  if (name.empty()) {
    part_.doubt("NoBackend", std::string(kNginxPrefix) + field,
                "has no effect without default-backend or the provider's defaultBackendService");
    return "";
  }
  Node options = Node::map();
  options.at("status") = node_list(statuses);
  options.at("service") = Node::string(named_backend(name, std::string(kNginxPrefix) + field));
  options.at("query") = Node::string("/");
  return add_middleware("errors", "errors", std::move(options));
}

}  // namespace fairlead::providers::kubernetes
