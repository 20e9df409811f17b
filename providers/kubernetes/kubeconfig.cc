// kubeconfig files: clusters, users and contexts by name.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "config/node.h"
#include "providers/kubernetes/credentials.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

std::string value(const Node* map, std::string_view key) {
  const Node* found = map == nullptr ? nullptr : map->find(key);
  return found != nullptr && found->is_scalar() ? found->scalar : std::string();
}

bool is_true(const Node* map, std::string_view key) { return value(map, key) == "true"; }

const Node* child(const Node* map, std::string_view key) {
  const Node* found = map == nullptr ? nullptr : map->find(key);
  return found != nullptr && found->is_map() ? found : nullptr;
}

// One file and the folder that its relative paths start from.
struct Source {
  Node document;
  std::filesystem::path folder;
};

// An entry of a list such as clusters: [{name, cluster: {…}}].
struct Found {
  const Node* body = nullptr;
  const Source* source = nullptr;
};

Found find_named(const std::vector<Source>& sources, std::string_view list, std::string_view body,
                 const std::string& name) {
  for (const Source& source : sources) {
    const Node* items = source.document.find(list);
    if (items == nullptr) continue;
    for (const Node& item : items->items) {
      if (value(&item, "name") == name) return {child(&item, body), &source};
    }
  }
  return {};
}

// Inline base64 data goes before a path; "" when there is neither.
std::string pem_or_path(const Found& from, const std::string& key) {
  std::string data = value(from.body, key + "-data");
  if (!data.empty()) {
    std::string bytes(base64_decoded_bound(data.size()), '\0');
    auto written = base64_decode(data, bytes.data());
    return written ? std::string(*written) : std::string();
  }
  std::string path = value(from.body, key);
  return path.empty() ? path : (from.source->folder / path).string();
}

void read_exec(const Node& exec, const Found& user, ExecPlugin& plugin) {
  plugin.command = value(&exec, "command");
  if (plugin.command.contains('/')) {
    plugin.command = (user.source->folder / plugin.command).string();
  }
  plugin.api_version = value(&exec, "apiVersion");
  plugin.install_hint = value(&exec, "installHint");
  plugin.provides_cluster_info = is_true(&exec, "provideClusterInfo");
  if (const Node* arguments = exec.find("args")) {
    for (const Node& one : arguments->items) plugin.arguments.push_back(one.scalar);
  }
  if (const Node* variables = exec.find("env")) {
    for (const Node& one : variables->items) {
      plugin.environment[value(&one, "name")] = value(&one, "value");
    }
  }
}

void read_user(const Found& user, Access& access) {
  access.tls.cert = pem_or_path(user, "client-certificate");
  access.tls.key = pem_or_path(user, "client-key");
  access.token = value(user.body, "token");
  std::string token_file = value(user.body, "tokenFile");
  if (!token_file.empty()) access.token_file = (user.source->folder / token_file).string();
  access.username = value(user.body, "username");
  access.password = value(user.body, "password");
  if (const Node* exec = child(user.body, "exec")) {
    read_exec(*exec, user, access.exec.emplace());
  }
  auto impersonate = [&](const char* header, std::string text) {
    if (!text.empty()) access.impersonation.emplace_back(header, std::move(text));
  };
  impersonate("Impersonate-User", value(user.body, "as"));
  impersonate("Impersonate-Uid", value(user.body, "as-uid"));
  const Node* groups = user.body == nullptr ? nullptr : user.body->find("as-groups");
  if (groups == nullptr) return;
  for (const Node& group : groups->items) impersonate("Impersonate-Group", group.scalar);
}

std::expected<std::vector<Source>, std::string> read_all(const std::vector<std::string>& files) {
  std::vector<Source> sources;
  for (const std::string& path : files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) continue;  // as kubectl does: one of a list may be missing
    std::stringstream text;
    text << file.rdbuf();
    config::Diagnostics faults;
    Node document = config::parse_yaml(text.str(), "file " + path, faults);
    if (!faults.empty()) return std::unexpected(faults.front().text());
    sources.push_back({std::move(document), std::filesystem::path(path).parent_path()});
  }
  if (sources.empty()) return std::unexpected("cannot read the kubeconfig " + files.front());
  return sources;
}

}  // namespace

std::expected<Access, std::string> read_kubeconfig(const std::vector<std::string>& files) {
  auto sources = read_all(files);
  if (!sources) return std::unexpected(sources.error());
  std::string current;
  for (const Source& source : *sources) {
    if (current.empty()) current = value(&source.document, "current-context");
  }
  if (current.empty()) return std::unexpected("the kubeconfig sets no current-context");
  Found context = find_named(*sources, "contexts", "context", current);
  if (context.body == nullptr) {
    return std::unexpected("the kubeconfig has no context \"" + current + "\"");
  }
  std::string cluster_name = value(context.body, "cluster");
  Found cluster = find_named(*sources, "clusters", "cluster", cluster_name);
  Access access;
  access.server = value(cluster.body, "server");
  if (access.server.empty()) {
    return std::unexpected("the kubeconfig has no server for the cluster \"" + cluster_name + "\"");
  }
  while (access.server.ends_with('/')) access.server.pop_back();
  access.server_name = value(cluster.body, "tls-server-name");
  access.tls.ca = pem_or_path(cluster, "certificate-authority");
  access.tls.skips_verification = is_true(cluster.body, "insecure-skip-tls-verify");
  access.space = value(context.body, "namespace");
  access.origin = "kubeconfig context " + current;
  Found user = find_named(*sources, "users", "user", value(context.body, "user"));
  if (user.body != nullptr) {
    std::string authority = std::move(access.tls.ca);
    bool skips = access.tls.skips_verification;
    read_user(user, access);
    access.tls.ca = std::move(authority);
    access.tls.skips_verification = skips;
  }
  return access;
}

}  // namespace fairlead::providers::kubernetes
