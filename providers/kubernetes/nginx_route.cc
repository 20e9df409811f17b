// Hosts, paths and canaries of an Ingress of an nginx class.
#include <algorithm>

#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/nginx_translation.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

// Room between two priorities for what goes before a path's main route.
constexpr int64_t kStep = 4;
constexpr int64_t kByHeader = 3, kByCookie = 2, kWithoutLimits = 1;

std::string host_rule(const std::string& host) {
  return host.empty() ? "" : "Host(" + rule_text(host) + ")";
}

std::string joined(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a + b;
  return a + " && " + b;
}

std::string header_rule(const char* matcher, const std::string& name, const std::string& value) {
  return std::string(matcher) + "(" + rule_text(name) + ", " + rule_text(value) + ")";
}

std::string cookie_rule(const std::string& name, const char* value) {
  return header_rule("HeaderRegexp", "Cookie",
                     "(^|;\\s*)" + escape_regex(name) + "=" + value + "\\s*(;|$)");
}

}  // namespace

std::string escape_regex(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").contains(c)) escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

NginxTranslation::NginxTranslation(const config::KubernetesNginxConfig& config,
                                   const Ingress& ingress, const ObjectStore& store,
                                   const Topics& topics)
    : config_(config),
      ingress_(ingress),
      store_(store),
      topics_(topics),
      hosts_(store, topics),
      annotations_(ingress.annotations) {}

IngressPart NginxTranslation::run() {
  if (!annotations_.check(part_.findings)) return std::move(part_);
  if (is_canary(ingress_)) {  // the main Ingress has the routes
    for (const IngressRule& rule : ingress_.rules) {
      for (const IngressPath& path : rule.paths) {
        if (!hosts_.owner(host_name(rule.host), path).empty()) continue;
        part_.fault("CanaryWithoutMain", "spec.rules",
                    "no Ingress has host \"" + rule.host + "\" and path \"" + nginx_path(path) +
                        "\" of the same type, so this canary gets no requests");
      }
    }
    return std::move(part_);
  }
  add_certificates();
  if (annotations_.flag("ssl-passthrough")) {
    add_passthrough();
    return std::move(part_);
  }
  make_middlewares();
  for (size_t i = 0; i < ingress_.rules.size(); ++i) {
    add_rule(ingress_.rules[i], "spec.rules[" + std::to_string(i) + "]");
  }
  add_default_backend();
  return std::move(part_);
}

void NginxTranslation::add_rule(const IngressRule& rule, const std::string& field) {
  std::string host = host_name(rule.host);
  std::vector<std::string> names{host};
  for (const std::string& written : annotations_.words("server-alias")) {
    std::string alias = host_name(written);
    if (hosts_.has_rules(alias, ingress_.meta.key())) {
      part_.doubt("AliasConflict", field,
                  "server-alias " + alias + " is a host of another Ingress, which keeps it");
    } else if (alias != host) {
      names.push_back(alias);
    }
  }
  for (const std::string& name : names) {
    for (size_t i = 0; i < rule.paths.size(); ++i) {
      add_path(name, rule.paths[i], field + ".http.paths[" + std::to_string(i) + "]");
    }
    if (annotations_.has("app-root")) add_app_root(name);
  }
  if (annotations_.flag("from-to-www-redirect")) add_www_redirect(host);
}

bool NginxTranslation::is_valid_path(const IngressPath& path, bool is_regex,
                                     const std::string& field) {
  std::string text = nginx_path(path);
  if (!text.starts_with('/')) {
    part_.fault("InvalidPath", field, "must begin with \"/\", got \"" + text + "\"");
    return false;
  }
  bool is_plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("._-/").contains(static_cast<char>(c));
  });
  bool is_free = path.type == PathType::implementation_specific;
  if (!is_plain && !is_free && config_.has_strict_path_types) {
    part_.fault("InvalidPath", field,
                "\"" + text +
                    "\" holds characters that only pathType ImplementationSpecific may have "
                    "(providers option strictValidatePathType)");
    return false;
  }
  std::string why;
  if (is_regex && !kubernetes::is_regex("(?i)^" + text, why)) {
    part_.fault("InvalidPath", field, "is no regular expression: " + why);
    return false;
  }
  return true;
}

std::string NginxTranslation::path_rule(const IngressPath& path, bool is_regex) const {
  std::string text = nginx_path(path);
  if (is_regex) return "PathRegexp(" + rule_text("(?i)^" + text) + ")";
  if (path.type == PathType::exact) return "Path(" + rule_text(text) + ")";
  if (path.type == PathType::implementation_specific) return "PathPrefix(" + rule_text(text) + ")";
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  if (text == "/") return "PathPrefix(`/`)";
  return "(Path(" + rule_text(text) + ") || PathPrefix(" + rule_text(text + "/") + "))";
}

void NginxTranslation::add_path(const std::string& host, const IngressPath& path,
                                const std::string& field) {
  bool is_regex = hosts_.is_regex(host);
  if (!is_valid_path(path, is_regex, field)) return;
  std::string owner = hosts_.owner(host, path);
  if (!owner.empty() && owner != ingress_.meta.key()) {
    return part_.fault("PathConflict", field,
                       "host \"" + host + "\" path \"" + nginx_path(path) +
                           "\" belongs to the older Ingress " + owner);
  }
  bool meant_so = path.type == PathType::implementation_specific;
  if (is_regex && !meant_so && !annotations_.flag("use-regex") &&
      !annotations_.has("rewrite-target")) {
    part_.doubt("RegexHost", field,
                "another Ingress of host \"" + host +
                    "\" uses regular expressions, so this path is one, too: it matches any case "
                    "and every path that begins so");
  }
  Location location{host, nginx_path(path), backend(path.backend, field + ".backend"), both_};
  std::string rewritten = is_regex ? rewrite(path) : "";
  if (!rewritten.empty()) location.middlewares.push_back(rewritten);
  std::string rule = joined(host_rule(host), path_rule(path, is_regex));
  // With regular expressions the longer text is tried first, whatever its type.
  PathType ranked = is_regex ? PathType::prefix : path.type;
  std::string compared = nginx_path(path);
  bool is_prefix = path.type == PathType::prefix && !is_regex;
  if (is_prefix && compared.size() > 1 && compared.ends_with('/')) compared.pop_back();
  int64_t priority = ingress_priority(host, compared, ranked) * kStep;
  std::string name = base_name() + "-" + host + compared;
  NginxHosts::Canary canary = hosts_.canary(host, path);
  if (canary.ingress != nullptr && !is_denied_) {
    add_canary(canary, rule, priority, location, field);
  } else {
    add_routers(name, rule, priority, location);
  }
  if (!is_regex && meant_so) add_slash_redirect(host, path);
}

// nginx sends "/foo" to "/foo/" when only the latter is a location.
void NginxTranslation::add_slash_redirect(const std::string& host, const IngressPath& path) {
  std::string text = nginx_path(path);
  if (text.size() < 2 || !text.ends_with('/')) return;
  std::string bare = text.substr(0, text.size() - 1);
  for (PathType type : {PathType::exact, PathType::prefix, PathType::implementation_specific}) {
    if (!hosts_.owner(host, {bare, type, {}}).empty()) return;
  }
  std::string middleware = add_redirect(
      "slash", "^([a-z]+://[^/]+" + escape_regex(bare) + ")(\\?.*)?$", "${1}/${2}", 301);
  Location location{host, bare, part_.add_backend({"default/", {}, "none"}, {}, ""), {middleware}};
  add_routers(base_name() + "-" + host + bare + "-slash",
              joined(host_rule(host), "Path(" + rule_text(bare) + ")"),
              ingress_priority(host, bare, PathType::prefix) * kStep, location);
}

void NginxTranslation::add_app_root(const std::string& host) {
  std::string middleware = add_redirect("app-root", "^([a-z]+://[^/]+)/?(\\?.*)?$",
                                        "${1}" + annotations_.text("app-root"), 302);
  Location location{host, "/", part_.add_backend({"default/", {}, "none"}, {}, ""), plain_};
  location.middlewares.clear();
  location.middlewares.push_back(middleware);
  add_routers(base_name() + "-" + host + "-app-root", joined(host_rule(host), "Path(`/`)"),
              (ingress_priority(host, "/", PathType::exact) + 1) * kStep, location);
}

void NginxTranslation::add_www_redirect(const std::string& host) {
  if (host.empty() || host.starts_with("*.")) return;
  std::string from = host.starts_with("www.") ? host.substr(4) : "www." + host;
  if (hosts_.has_rules(from, "")) return;
  std::string middleware =
      add_redirect("www", "^([a-z]+)://" + escape_regex(from) + "(:[0-9]+)?/?(.*)$",
                   "${1}://" + host + "${2}/${3}", 308);
  Location location{from, "/", part_.add_backend({"default/", {}, "none"}, {}, ""), {middleware}};
  add_routers(base_name() + "-" + from + "-www", host_rule(from),
              ingress_priority(from, "", PathType::prefix) * kStep, location);
}

void NginxTranslation::add_canary(const NginxHosts::Canary& canary, const std::string& rule,
                                  int64_t priority, Location location, const std::string& field) {
  NginxAnnotations says(canary.ingress->annotations);
  std::string name = base_name() + "-" + location.host + location.path;
  BackendTuning tuned = tuning_of(annotations_);
  std::string main = location.service;
  std::string other =
      part_.add_backend({canary.ingress->meta.space + "/" + canary.path->backend.service,
                         canary.path->backend.port, ingress_.meta.name + "-canary"},
                        tuned, field + " (canary " + canary.ingress->meta.key() + ")");
  auto add = [&](const char* suffix, const std::string& condition, int64_t bonus,
                 const std::string& service) {
    location.service = service;
    add_routers(name + suffix, rule + " && " + condition, priority + bonus, location);
  };
  std::string header = says.text("canary-by-header");
  std::string value = says.text("canary-by-header-value");
  std::string pattern = says.text("canary-by-header-pattern");
  if (!header.empty() && !value.empty()) {
    add("-canary-header", header_rule("Header", header, value), kByHeader, other);
  } else if (!header.empty() && !pattern.empty()) {
    add("-canary-header", header_rule("HeaderRegexp", header, pattern), kByHeader, other);
  } else if (!header.empty()) {
    add("-canary-header", header_rule("Header", header, "always"), kByHeader, other);
    add("-canary-never", header_rule("Header", header, "never"), kByHeader, main);
  }
  std::string cookie = says.text("canary-by-cookie");
  if (!cookie.empty()) {
    add("-canary-cookie", cookie_rule(cookie, "always"), kByCookie, other);
    add("-canary-cookie-never", cookie_rule(cookie, "never"), kByCookie, main);
  }
  int64_t total = std::max<int64_t>(says.number("canary-weight-total", 100), 100);
  int64_t weight = std::clamp<int64_t>(says.number("canary-weight", 0), 0, total);
  location.service = main;
  if (weight > 0) {
    config::ServiceSpec split;
    split.kind = config::ServiceSpec::Kind::weighted;
    split.options = Node::map();
    split.services = {{main, total - weight}, {other, weight}};
    bool is_sticky = tuned.sticky && annotations_.text("affinity-canary-behavior") != "legacy";
    if (is_sticky) {
      split.sticky = tuned.sticky;
      split.sticky->name += "_CANARY";
    }
    location.service = normalize(name + "-split");
    part_.services.emplace_back(location.service, std::move(split));
  }
  add_routers(name, rule, priority, location);
}

void NginxTranslation::add_default_backend() {
  std::string service;
  if (ingress_.default_backend) {
    service = backend(*ingress_.default_backend, "spec.defaultBackend");
  }
  if (ingress_.rules.empty()) {
    if (service.empty()) return;
    add_routers(base_name() + "-default", "PathPrefix(`/`)", kLowestPriority,
                {"", "/", service, both_});
    return;
  }
  if (service.empty() && !config_.default_backend_service.empty()) {
    service = named_backend(config_.default_backend_service, "providers option");
  }
  if (service.empty()) return;
  std::set<std::string> hosts;
  for (const IngressRule& rule : ingress_.rules) hosts.insert(host_name(rule.host));
  for (const std::string& host : hosts) {
    std::string rule = host.empty() ? "PathPrefix(`/`)" : host_rule(host);
    add_routers(base_name() + "-" + host + "-default", rule,
                ingress_priority(host, "", PathType::prefix) * kStep, {host, "/", service, both_});
  }
}

// Hosts answer on http and on https, with the default certificate when they have none.
void NginxTranslation::add_routers(std::string name, const std::string& rule, int64_t priority,
                                   const Location& location) {
  name = normalize(name);
  if (!names_.insert(name).second) name += "-" + short_hash(rule);
  names_.insert(name);
  config::RouterSpec router;
  router.rule = rule;
  router.priority = priority;
  router.service = is_denied_ ? "#0" : location.service;
  if (annotations_.has("enable-access-log")) {
    router.observability.access_logs = annotations_.flag("enable-access-log", true);
  }
  if (annotations_.has("enable-opentelemetry")) {
    router.observability.tracing = annotations_.flag("enable-opentelemetry");
  }
  auto add = [&](const std::string& suffix, const std::vector<std::string>& first, bool is_secure) {
    config::RouterSpec one = router;
    one.middlewares = first;
    one.middlewares.insert(one.middlewares.end(), location.middlewares.begin(),
                           location.middlewares.end());
    const std::string& point = is_secure ? config_.https_entry_point : config_.http_entry_point;
    if (!point.empty()) one.entry_points = {point};
    if (is_secure) one.tls = tls_ ? tls_ : config::RouterTlsSpec{};
    if (!limit_free_rule_.empty()) {
      config::RouterSpec free = one;
      std::erase_if(free.middlewares, [&](const std::string& middleware) {
        return std::ranges::find(limits_, middleware) != limits_.end();
      });
      free.rule += " && " + limit_free_rule_;
      free.priority += kWithoutLimits;
      part_.routers.emplace_back(name + "-free" + suffix, std::move(free));
    }
    part_.routers.emplace_back(name + suffix, std::move(one));
  };
  add("", plain_, false);
  add("-tls", secure_, true);
}

void NginxTranslation::add_passthrough() {
  for (const IngressRule& rule : ingress_.rules) {
    if (rule.host.empty() || rule.paths.empty()) continue;
    const Backend& to = rule.paths.front().backend;
    BackendTuning tuned;
    tuned.is_native = true;
    std::string key = ingress_.meta.space + "/" + to.service;
    part_.watched_services.push_back(key);
    Targets targets = find_targets(store_, key, to.port, tuned, {});
    std::ranges::move(targets.findings, std::back_inserter(part_.findings));
    Node service, router;
    Node& servers = service.at("loadBalancer").at("servers") = Node::list();
    for (const Target& target : targets.list) {
      servers.items.emplace_back(Node::map()).at("address") =
          Node::string(target.host + ":" + std::to_string(target.port));
    }
    std::string name = normalize(base_name() + "-" + rule.host + "-passthrough");
    router.at("rule") = Node::string("HostSNI(" + rule_text(host_name(rule.host)) + ")");
    router.at("service") = Node::string(name);
    router.at("tls").at("passthrough") = Node::text("true");
    if (!config_.https_entry_point.empty()) {
      router.at("entryPoints") = node_list({config_.https_entry_point});
    }
    part_.tcp_services.emplace_back(name, config::OpaqueSpec{std::move(service)});
    part_.tcp_routers.emplace_back(name, config::OpaqueSpec{std::move(router)});
  }
}

void NginxTranslation::add_certificates() {
  for (size_t i = 0; i < ingress_.tls.size(); ++i) {
    const std::string& name = ingress_.tls[i].secret;
    if (name.empty()) continue;
    std::string key = ingress_.meta.space + "/" + name;
    part_.certificates.push_back(key);
    const Secret* found = store_.secrets().find(key);
    bool is_good =
        found != nullptr && found->data.contains("tls.crt") && found->data.contains("tls.key");
    if (is_good) continue;
    part_.fault(found == nullptr ? "MissingSecret" : "InvalidSecret",
                "spec.tls[" + std::to_string(i) + "].secretName",
                "Secret " + key +
                    (found == nullptr ? " does not exist" : " has no tls.crt and tls.key in PEM") +
                    "; the default certificate is served");
  }
}

}  // namespace fairlead::providers::kubernetes
