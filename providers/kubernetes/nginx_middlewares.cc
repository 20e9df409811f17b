// What stands in front of the routes of an Ingress of an nginx class.
#include <algorithm>

#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/nginx_translation.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

Node number_node(int64_t number) { return Node::text(std::to_string(number)); }
Node flag_node(bool flag) { return Node::text(flag ? "true" : "false"); }

// "$1" → "${1}", as our replacements have it; "$$" keeps a dollar.
std::string replacement_of(const std::string& target) {
  std::string text;
  for (size_t i = 0; i < target.size(); ++i) {
    bool is_group = target[i] == '$' && i + 1 < target.size() && std::isdigit(target[i + 1]) != 0;
    if (!is_group) {
      text += target[i];
      continue;
    }
    text += std::string("${") + target[++i] + "}";
  }
  return text;
}

}  // namespace

Node node_list(const std::vector<std::string>& words) {
  Node list = Node::list();
  for (const std::string& word : words) list.items.push_back(Node::string(word));
  return list;
}

std::string NginxTranslation::add_middleware(const std::string& name, const char* type,
                                             Node options) {
  std::string full = normalize(base_name() + "-" + name);
  for (int i = 2; !names_.insert("middleware " + full).second; ++i) {
    full = normalize(base_name() + "-" + name + "-" + std::to_string(i));
  }
  part_.middlewares.emplace_back(full, config::MiddlewareSpec{type, std::move(options)});
  return full;
}

std::string NginxTranslation::add_redirect(const std::string& name, const std::string& regex,
                                           const std::string& replacement, int64_t status) {
  Node options = Node::map();
  options.at("regex") = Node::string(regex);
  options.at("replacement") = Node::string(replacement);
  options.at("statusCode") = number_node(status);
  return add_middleware(name, "redirectRegex", std::move(options));
}

// As ingress-nginx has it: a route whose protection cannot be set up answers 503.
void NginxTranslation::deny(std::string why) {
  part_.fault("Denied", "", std::move(why) + "; requests are answered 503");
  is_denied_ = true;
}

void NginxTranslation::make_middlewares() {
  // Backend 0 has no endpoints: what is denied goes there.
  part_.add_backend({"default/", {}, "none"}, {}, "");
  for (const char* key :
       {"auth-snippet", "configuration-snippet", "server-snippet", "auth-tls-match-cn"}) {
    if (annotations_.has(key)) deny(std::string(key) + " is not supported and may guard the route");
  }
  if (annotations_.text("backend-protocol") == "FCGI") deny("FastCGI is not spoken");
  make_redirects();
  make_access();
  make_limits();
  if (!make_password()) deny("the passwords of auth-secret cannot be read");
  make_external_auth();
  make_client_certificates();
  make_cors();
  make_sizes();
  make_headers();
  make_transport();
  std::string pages = error_pages("custom-http-errors");
  if (!pages.empty()) both_.push_back(pages);
  std::string next = annotations_.text("proxy-next-upstream");
  int64_t tries = annotations_.number("proxy-next-upstream-tries", 0);
  if (tries > 1 && next != "off") {
    Node options = Node::map();
    options.at("attempts") = number_node(tries);
    both_.push_back(add_middleware("retry", "retry", std::move(options)));
  }
}

void NginxTranslation::make_redirects() {
  bool by_default = !ingress_.tls.empty();
  bool redirects = annotations_.flag("force-ssl-redirect") ||
                   (by_default && annotations_.flag("ssl-redirect", true));
  if (redirects) {
    Node options = Node::map();
    options.at("scheme") = Node::string("https");
    options.at("statusCode") = number_node(308);
    plain_.push_back(add_middleware("ssl-redirect", "redirectScheme", std::move(options)));
  }
  // Why at most a year of HTTPS: it is what ingress-nginx says by default.
  Node hsts = Node::map();
  hsts.at("stsSeconds") = number_node(31536000);
  hsts.at("stsIncludeSubdomains") = flag_node(true);
  secure_.push_back(add_middleware("hsts", "headers", std::move(hsts)));
  auto code = [&](const char* key, int64_t otherwise, int64_t last) {
    int64_t wanted = annotations_.number(key, otherwise);
    return wanted >= 300 && wanted <= last ? wanted : otherwise;
  };
  std::string to = annotations_.text("temporal-redirect");
  int64_t status = code("temporal-redirect-code", 302, 307);
  if (to.empty()) {
    to = annotations_.text("permanent-redirect");
    status = code("permanent-redirect-code", 301, 308);
  }
  if (to.empty()) return;
  if (to.contains('$')) return deny("redirects with variables are not supported");
  both_.push_back(add_redirect("redirect", "^.*$", to, status));
}

void NginxTranslation::make_access() {
  for (auto [key, type] : {std::pair{"allowlist-source-range", "ipAllowList"},
                           std::pair{"denylist-source-range", "ipDenyList"}}) {
    std::vector<std::string> ranges = annotations_.words(key);
    if (ranges.empty()) continue;
    Node options = Node::map();
    options.at("sourceRange") = node_list(ranges);
    if (config_.ip_allow_list_strategy) options.at("ipStrategy") = *config_.ip_allow_list_strategy;
    both_.push_back(add_middleware(key, type, std::move(options)));
  }
}

const Secret* NginxTranslation::secret(const std::string& reference,
                                       const std::string& annotation) {
  size_t slash = reference.find('/');
  std::string space = slash == reference.npos ? ingress_.meta.space : reference.substr(0, slash);
  std::string name = slash == reference.npos ? reference : reference.substr(slash + 1);
  std::string field = std::string(kNginxPrefix) + annotation;
  if (space != ingress_.meta.space && !config_.allows_cross_namespace_resources) {
    part_.fault("ReferenceRefused", field,
                "Secret " + reference +
                    " is in another namespace (providers option allowCrossNamespaceResources)");
    return nullptr;
  }
  std::string key = space + "/" + name;
  part_.secrets.push_back(key);
  const Secret* found = store_.secrets().find(key);
  if (found == nullptr) part_.fault("MissingSecret", field, "Secret " + key + " does not exist");
  return found;
}

bool NginxTranslation::make_password() {
  std::string type = annotations_.text("auth-type");
  if (type.empty()) return true;
  const Secret* found = secret(annotations_.text("auth-secret"), "auth-secret");
  if (found == nullptr) return false;
  std::vector<std::string> users;
  if (annotations_.text("auth-secret-type") == "auth-map") {
    for (const auto& [name, hash] : found->data) users.push_back(name + ":" + trimmed(hash));
  } else {
    auto file = found->data.find("auth");
    if (file != found->data.end()) users = split_words(file->second, '\n');
  }
  if (users.empty() || (type != "basic" && type != "digest")) return false;
  Node options = Node::map();
  options.at("users") = node_list(users);
  options.at("removeHeader") = flag_node(true);
  std::string realm = annotations_.text("auth-realm");
  if (!realm.empty()) options.at("realm") = Node::string(realm);
  const char* middleware = type == "basic" ? "basicAuth" : "digestAuth";
  both_.push_back(add_middleware("auth", middleware, std::move(options)));
  return true;
}

void NginxTranslation::make_external_auth() {
  std::string url = annotations_.text("auth-url");
  if (url.empty() && annotations_.flag("enable-global-auth", true)) url = config_.global_auth_url;
  if (url.empty()) return;
  bool is_whole = url.starts_with("http://") || url.starts_with("https://");
  if (url.contains('$') || !is_whole) return deny("auth-url is no plain URL: " + url);
  Node options = Node::map();
  options.at("address") = Node::string(url);
  std::string signin = annotations_.text("auth-signin");
  if (signin.contains('$')) {
    part_.doubt("UnsupportedAnnotation", std::string(kNginxPrefix) + "auth-signin",
                "variables are not supported; refusals are passed on as they are");
  } else if (!signin.empty()) {
    options.at("authSigninURL") = Node::string(signin);
  }
  std::vector<std::string> headers = annotations_.words("auth-response-headers");
  if (!headers.empty()) options.at("authResponseHeaders") = node_list(headers);
  both_.push_back(add_middleware("auth-url", "forwardAuth", std::move(options)));
}

void NginxTranslation::make_limits() {
  int64_t multiplier = std::max<int64_t>(annotations_.number("limit-burst-multiplier", 5), 1);
  for (auto [key, period] : {std::pair{"limit-rps", "1s"}, std::pair{"limit-rpm", "1m"}}) {
    int64_t limit = annotations_.number(key, 0);
    if (limit <= 0) continue;
    Node options = Node::map();
    options.at("average") = number_node(limit);
    options.at("period") = Node::string(period);
    options.at("burst") = number_node(limit * multiplier);
    options.at("statusCode") = number_node(503);
    limits_.push_back(add_middleware(key, "rateLimit", std::move(options)));
  }
  int64_t connections = annotations_.number("limit-connections", 0);
  if (connections > 0) {
    Node options = Node::map();
    options.at("amount") = number_node(connections);
    options.at("statusCode") = number_node(503);
    options.at("sourceCriterion").at("ipStrategy") =
        config_.ip_allow_list_strategy ? *config_.ip_allow_list_strategy : Node::map();
    limits_.push_back(add_middleware("limit-connections", "inFlightReq", std::move(options)));
  }
  both_.insert(both_.end(), limits_.begin(), limits_.end());
  std::vector<std::string> free = annotations_.words("limit-allowlist");
  if (limits_.empty() || free.empty()) return;
  for (const std::string& range : free) {
    limit_free_rule_ += (limit_free_rule_.empty() ? "(" : " || ");
    limit_free_rule_ += "ClientIP(" + rule_text(range) + ")";
  }
  limit_free_rule_ += ")";
}

void NginxTranslation::make_cors() {
  if (!annotations_.flag("enable-cors")) return;
  auto words = [&](const char* key, const char* otherwise) {
    return annotations_.has(key) ? annotations_.words(key) : split_words(otherwise);
  };
  std::vector<std::string> plain, patterns;
  for (const std::string& origin : words("cors-allow-origin", "*")) {
    size_t star = origin.find("*.");
    if (star == origin.npos) {
      plain.push_back(origin);
    } else {
      patterns.push_back("^" + escape_regex(origin.substr(0, star)) + "[^.]+\\." +
                         escape_regex(origin.substr(star + 2)) + "$");
    }
  }
  Node options = Node::map();
  if (!plain.empty()) options.at("accessControlAllowOriginList") = node_list(plain);
  if (!patterns.empty()) options.at("accessControlAllowOriginListRegex") = node_list(patterns);
  options.at("accessControlAllowMethods") =
      node_list(words("cors-allow-methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS"));
  options.at("accessControlAllowHeaders") =
      node_list(words("cors-allow-headers",
                      "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,"
                      "Content-Type,Range,Authorization"));
  std::vector<std::string> exposed = annotations_.words("cors-expose-headers");
  if (!exposed.empty()) options.at("accessControlExposeHeaders") = node_list(exposed);
  options.at("accessControlAllowCredentials") =
      flag_node(annotations_.flag("cors-allow-credentials", true));
  options.at("accessControlMaxAge") = number_node(annotations_.number("cors-max-age", 1728000));
  options.at("addVaryHeader") = flag_node(true);
  // Preflight requests carry no credentials: they are answered before anybody asks for some.
  both_.insert(both_.begin(), add_middleware("cors", "headers", std::move(options)));
}

void NginxTranslation::make_headers() {
  Node options = Node::map();
  std::string host = annotations_.text("upstream-vhost");
  if (host.contains('$')) return deny("upstream-vhost with variables is not supported");
  if (!host.empty()) options.at("customRequestHeaders").at("Host") = Node::string(host);
  std::string map_name = annotations_.text("custom-headers");
  if (!map_name.empty()) {
    std::string key = map_name.contains('/') ? map_name : ingress_.meta.space + "/" + map_name;
    bool is_own = key.starts_with(ingress_.meta.space + "/");
    part_.config_maps.push_back(key);
    const ConfigMap* map = store_.config_maps().find(key);
    if (!is_own || map == nullptr) return deny("custom-headers: no ConfigMap " + key + " here");
    for (const auto& [name, value] : map->data) {
      bool is_allowed = std::ranges::any_of(
          config_.global_allowed_response_headers,
          [&](const std::string& allowed) { return lower(allowed) == lower(name); });
      if (!is_allowed) {
        return deny(
            "custom-headers: the providers option globalAllowedResponseHeaders does not "
            "name \"" +
            name + "\"");
      }
      options.at("customResponseHeaders").at(name) = Node::string(value);
    }
  }
  if (!options.members.empty()) {
    both_.push_back(add_middleware("headers", "headers", std::move(options)));
  }
}

void NginxTranslation::make_sizes() {
  int64_t most = annotations_.size("proxy-body-size", config_.proxy_body_size);
  if (most == 0) return;
  Node options = Node::map();
  options.at("maxBytes") = number_node(most);
  both_.push_back(add_middleware("body", "bodyLimit", std::move(options)));
}

void NginxTranslation::make_client_certificates() {
  std::string reference = annotations_.text("auth-tls-secret");
  std::string mode = annotations_.text("auth-tls-verify-client");
  if (reference.empty() || mode == "off") return;
  const Secret* found = secret(reference, "auth-tls-secret");
  auto authority = found == nullptr ? std::map<std::string, std::string>::const_iterator()
                                    : found->data.find("ca.crt");
  if (found == nullptr || authority == found->data.end()) {
    return deny("auth-tls-secret: no Secret " + reference + " with ca.crt in PEM");
  }
  Node options = Node::map();
  options.at("clientAuth").at("caFiles") = node_list({authority->second});
  const char* type = mode == "optional"         ? "VerifyClientCertIfGiven"
                     : mode == "optional_no_ca" ? "RequestClientCert"
                                                : "RequireAndVerifyClientCert";
  options.at("clientAuth").at("clientAuthType") = Node::string(type);
  std::string name = normalize(base_name() + "-auth-tls-" + short_hash(ingress_.meta.key()));
  part_.tls_options.emplace_back(name, config::OpaqueSpec{std::move(options)});
  tls_.emplace().options = name;
  // Without TLS there is no certificate to ask for.
  if (mode.empty() || mode == "on") {
    Node scheme = Node::map();
    scheme.at("scheme") = Node::string("https");
    scheme.at("statusCode") = number_node(308);
    plain_.push_back(add_middleware("auth-tls-redirect", "redirectScheme", std::move(scheme)));
  }
  if (!annotations_.flag("auth-tls-pass-certificate-to-upstream")) return;
  Node pass = Node::map();
  pass.at("pem") = flag_node(true);
  secure_.push_back(add_middleware("pass-certificate", "passTLSClientCert", std::move(pass)));
}

// Replaces the whole path when the location's expression is found in it.
std::string NginxTranslation::rewrite(const IngressPath& path) {
  std::string target = annotations_.text("rewrite-target");
  if (target.empty() || target == nginx_path(path)) return "";
  std::string expression = "(?i)^.*?(?:" + nginx_path(path) + ").*$";
  if (target.starts_with("http://") || target.starts_with("https://")) {
    deny("rewrite-target with a whole URL is not supported; use temporal-redirect");
    return "";
  }
  if (target.ends_with('?')) target.pop_back();
  Node options = Node::map();
  options.at("regex") = Node::string(expression);
  options.at("replacement") = Node::string(replacement_of(target));
  std::string rewrite = add_middleware("rewrite", "replacePathRegex", std::move(options));
  std::string prefix = annotations_.text("x-forwarded-prefix");
  if (prefix.empty()) return rewrite;
  Node headers = Node::map();
  headers.at("customRequestHeaders").at("X-Forwarded-Prefix") = Node::string(prefix);
  Node both = Node::map();
  both.at("middlewares") =
      node_list({rewrite, add_middleware("prefix", "headers", std::move(headers))});
  return add_middleware("rewrite-prefix", "chain", std::move(both));
}

}  // namespace fairlead::providers::kubernetes
