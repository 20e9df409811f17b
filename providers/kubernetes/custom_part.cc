#include "providers/kubernetes/custom_part.h"

#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/router_annotations.h"

namespace fairlead::providers::kubernetes {

using config::Node;

std::string node_text(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->scalar : std::string();
}

std::string node_text(const Node& map, std::string_view key) { return node_text(map.find(key)); }

bool node_flag(const Node& map, std::string_view key) { return node_text(map, key) == "true"; }

Node text_list(const std::vector<std::string>& words) {
  Node list = Node::list();
  for (const std::string& word : words) list.items.push_back(Node::string(word));
  return list;
}

std::string route_name(const CustomObject& route, const std::string& match) {
  return normalize(route.meta.space + "-" + route.meta.name) + "-" + short_hash(match);
}

bool is_of_class(const CustomObject& object, const std::string& wanted) {
  auto said = object.annotations.find("kubernetes.io/ingress.class");
  std::string name = node_text(object.spec, "ingressClassName");
  if (name.empty() && said != object.annotations.end()) name = said->second;
  if (!wanted.empty()) return name == wanted;
  return name.empty() || name == "traefik" || name == "fairlead";
}

std::optional<std::string> CustomTranslation::named(const std::string& name,
                                                    const std::string& name_space,
                                                    const std::string& field) {
  if (name.contains('@')) {
    if (may_refer(name, "kubernetescrd", config.cross_provider_namespaces, space())) return name;
    fault("ReferenceRefused", field,
          "namespace " + space() + " may not refer to \"" + name +
              "\" (providers option crossProviderNamespaces)");
    return std::nullopt;
  }
  if (!name_space.empty() && name_space != space() && !config.allows_cross_namespace) {
    fault("ReferenceRefused", field,
          "\"" + name + "\" is in namespace " + name_space +
              "; set the provider's allowCrossNamespace to refer to other namespaces");
    return std::nullopt;
  }
  return (name_space.empty() ? space() : name_space) + "-" + name;
}

std::optional<std::string> CustomTranslation::reference(const Node& written,
                                                        const std::string& field) {
  if (written.is_scalar()) return named(written.scalar, "", field);
  return named(node_text(written, "name"), node_text(written, "namespace"), field);
}

std::optional<std::vector<std::string>> CustomTranslation::references(const Node* list,
                                                                      const std::string& field) {
  std::vector<std::string> names;
  if (list == nullptr) return names;
  for (size_t i = 0; i < list->items.size(); ++i) {
    auto name = reference(list->items[i], field + "[" + std::to_string(i) + "]");
    if (!name) return std::nullopt;
    names.push_back(std::move(*name));
  }
  return names;
}

const Secret* CustomTranslation::secret(const std::string& name, const std::string& field) {
  std::string key = space() + "/" + name;
  part.secrets.insert(key);
  const Secret* found = store.secrets().find(key);
  if (found == nullptr) fault("MissingSecret", field, "Secret " + key + " does not exist");
  return found;
}

std::string CustomTranslation::secret_value(const std::string& name,
                                            const std::vector<std::string>& keys,
                                            const std::string& field) {
  const Secret* found = secret(name, field);
  if (found == nullptr) return "";
  std::string wanted;
  for (const std::string& key : keys) {
    auto value = found->data.find(key);
    if (value != found->data.end()) return value->second;
    wanted += (wanted.empty() ? "" : " or ") + key;
  }
  fault("InvalidSecret", field, "Secret " + found->meta.key() + " has no " + wanted + " in PEM");
  return "";
}

std::optional<std::pair<std::string, std::string>> CustomTranslation::pair(
    const std::string& secret_name, const std::string& field) {
  std::string certificate = secret_value(secret_name, {"tls.crt", "tls.cert"}, field);
  if (certificate.empty()) return std::nullopt;
  std::string key = secret_value(secret_name, {"tls.key"}, field);
  if (key.empty()) return std::nullopt;
  return std::pair{std::move(certificate), std::move(key)};
}

void CustomTranslation::decode(const Node& document, const std::string& field) {
  config::Diagnostics faults;
  config::Objects read = config::decode_dynamic(document, "kubernetescrd", faults);
  for (const config::Diagnostic& one : faults) {
    // "http.middlewares.default-x.rateLimit.avrage" → "spec.rateLimit.avrage"
    size_t at = one.field.find(own_name());
    size_t dot = at == one.field.npos ? at : one.field.find('.', at);
    std::string rest = dot == one.field.npos ? "" : one.field.substr(dot);
    part.findings.push_back({one.severity, "InvalidField", field + rest, one.message});
  }
  auto move = [](auto& from, auto& into) { into.merge(from); };
  config::Objects& into = part.objects;
  move(read.routers, into.routers);
  move(read.services, into.services);
  move(read.middlewares, into.middlewares);
  move(read.servers_transports, into.servers_transports);
  move(read.tcp_routers, into.tcp_routers);
  move(read.tcp_services, into.tcp_services);
  move(read.tcp_middlewares, into.tcp_middlewares);
  move(read.tcp_servers_transports, into.tcp_servers_transports);
  move(read.udp_routers, into.udp_routers);
  move(read.udp_services, into.udp_services);
  move(read.tls_options, into.tls_options);
  move(read.tls_stores, into.tls_stores);
  for (auto& certificate : read.certificates) into.certificates.push_back(std::move(certificate));
}

}  // namespace fairlead::providers::kubernetes
