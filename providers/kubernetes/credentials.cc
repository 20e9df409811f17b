#include "providers/kubernetes/credentials.h"

#include <fstream>
#include <sstream>

#include "providers/kubernetes/exec_plugin.h"

extern char** environ;

namespace fairlead::providers::kubernetes {

namespace {

// The kubelet renews a token when 80 % of its life (at least ten minutes) is over.
constexpr io::Duration kTokenAge{60'000};

std::optional<std::string> file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::string without_space(std::string text) {
  constexpr const char* kSpace = " \t\r\n";
  size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string variable(const Environment& environment, const char* name) {
  auto found = environment.variables.find(name);
  return found == environment.variables.end() ? "" : found->second;
}

// Traefik's `token` is a path or the token itself.
void set_token(Access& access, const std::string& token) {
  if (token.starts_with('/')) {
    access.token_file = token;
  } else {
    access.token = token;
  }
}

Access told(const AccessOptions& options, const Environment& environment) {
  Access access;
  access.server = options.endpoint;
  while (access.server.ends_with('/')) access.server.pop_back();
  access.origin = "providers option endpoint";
  access.tls.ca = options.authority;
  set_token(access, options.token);
  std::string own_token = environment.service_account + "/token";
  if (options.token.empty() && std::ifstream(own_token)) access.token_file = own_token;
  return access;
}

std::expected<Access, std::string> in_cluster(const AccessOptions& options,
                                              const Environment& environment) {
  std::string host = variable(environment, "KUBERNETES_SERVICE_HOST");
  std::string port = variable(environment, "KUBERNETES_SERVICE_PORT");
  Access access;
  if (host.contains(':') && !host.starts_with('[')) host = "[" + host + "]";
  access.server = "https://" + host + ":" + (port.empty() ? "443" : port);
  access.origin = "service account";
  access.token_file = environment.service_account + "/token";
  if (!options.token.empty()) {
    access.token_file.clear();
    set_token(access, options.token);
  } else if (!std::ifstream(access.token_file)) {
    return std::unexpected("the pod has no token in " + access.token_file +
                           "; set automountServiceAccountToken, or providers option token");
  }
  access.tls.ca =
      options.authority.empty() ? environment.service_account + "/ca.crt" : options.authority;
  access.space =
      without_space(file_text(environment.service_account + "/namespace").value_or(std::string()));
  return access;
}

std::vector<std::string> kubeconfig_files(const Environment& environment) {
  std::vector<std::string> files;
  std::stringstream list(variable(environment, "KUBECONFIG"));
  for (std::string file; std::getline(list, file, ':');) {
    if (!file.empty()) files.push_back(file);
  }
  if (!files.empty()) return files;
  std::string home = variable(environment, "HOME") + "/.kube/config";
  if (std::ifstream(home)) files.push_back(home);
  return files;
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    std::string_view entry(*at);
    size_t equals = entry.find('=');
    if (equals == entry.npos) continue;
    environment.variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::expected<Access, std::string> find_access(const AccessOptions& options,
                                               const Environment& environment) {
  if (!options.endpoint.empty()) return told(options, environment);
  if (!variable(environment, "KUBERNETES_SERVICE_HOST").empty()) {
    return in_cluster(options, environment);
  }
  std::vector<std::string> files = kubeconfig_files(environment);
  if (files.empty()) {
    return std::unexpected(
        "no API server is known: this is no pod (KUBERNETES_SERVICE_HOST is not set) and there is "
        "no kubeconfig; set the provider's endpoint and token, or KUBECONFIG");
  }
  auto access = read_kubeconfig(files);
  if (access && !options.token.empty()) {
    access->exec.reset();
    access->token_file.clear();
    set_token(*access, options.token);
  }
  if (access && !options.authority.empty()) access->tls.ca = options.authority;
  return access;
}

void Credentials::read_token(io::TimePoint now) {
  if (access_.token_file.empty()) {
    token_ = access_.token;
  } else if (auto text = file_text(access_.token_file)) {
    token_ = without_space(std::move(*text));  // an unreadable moment keeps the last one
  }
  read_at_ = now;
}

io::Task<std::expected<void, std::string>> Credentials::refresh() {
  io::TimePoint now = io::Loop::current()->now();
  if (!access_.exec) {
    if (is_expired_ || now - read_at_ >= kTokenAge) read_token(now);
    is_expired_ = false;
    co_return std::expected<void, std::string>();
  }
  bool is_valid = std::chrono::system_clock::now() < valid_until_;
  if (is_valid && !is_expired_) co_return std::expected<void, std::string>();
  ExecPlugin plugin = *access_.exec;
  auto answer = co_await run_exec_plugin(std::move(plugin), access_);
  if (!answer) co_return std::unexpected(answer.error());
  token_ = std::move(answer->token);
  plugin_tls_.cert = std::move(answer->certificate);
  plugin_tls_.key = std::move(answer->key);
  valid_until_ = answer->valid_until;
  is_expired_ = false;
  co_return std::expected<void, std::string>();
}

void Credentials::apply(fetch::Request& request) const {
  request.tls = access_.tls;
  if (!plugin_tls_.cert.empty()) {
    request.tls.cert = plugin_tls_.cert;
    request.tls.key = plugin_tls_.key;
  }
  std::string base = access_.server;
  if (!access_.server_name.empty()) {
    size_t host = base.find("://") + 3;
    size_t end = std::min(base.find('/', host), base.size());
    std::string authority = base.substr(host, end - host);
    bool has_port = authority.rfind(':') != authority.npos && !authority.ends_with(']');
    request.connect_to = has_port ? authority : authority + ":443";
    std::string port = request.connect_to.substr(request.connect_to.rfind(':'));
    base = base.substr(0, host) + access_.server_name + port + base.substr(end);
  }
  request.url = base + request.url;
  request.prefers_http2 = true;
  if (!token_.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + token_);
  } else {
    request.username = access_.username;
    request.password = access_.password;
  }
  for (const auto& header : access_.impersonation) request.headers.push_back(header);
}

}  // namespace fairlead::providers::kubernetes
