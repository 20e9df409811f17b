// IngressRoute, IngressRouteTCP and IngressRouteUDP.
#include "config/reader.h"
#include "providers/kubernetes/custom_part.h"
#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

void copy(const Node& from, std::initializer_list<const char*> keys, Node& into) {
  for (const char* key : keys) {
    if (const Node* value = from.find(key)) into.at(key) = *value;
  }
}

// The router's part of spec.tls, and its certificate; nothing when it names what it may not.
std::optional<Node> router_tls(CustomTranslation& t, const Node& tls) {
  Node out = Node::map();
  copy(tls, {"certResolver", "domains", "passthrough"}, out);
  const Node* options = tls.find("options");
  std::string name = options == nullptr ? "" : node_text(*options, "name");
  if (!name.empty()) {
    auto reference = t.named(name, node_text(*options, "namespace"), "spec.tls.options");
    if (!reference) return std::nullopt;
    out.at("options") = Node::string(name == "default" ? name : *reference);
  }
  std::string secret = node_text(tls, "secretName");
  if (!secret.empty()) {
    auto pair = t.pair(secret, "spec.tls.secretName");
    if (pair) t.part.objects.certificates.push_back({pair->first, pair->second, {}});
  }
  return out;
}

// The service behind a route: its only one, or all of them by weight.
std::optional<std::string> route_service(CustomTranslation& t, const Node& route,
                                         const std::string& name, const std::string& field) {
  const Node* services = route.find("services");
  size_t count = services == nullptr ? 0 : services->items.size();
  if (count == 0) {
    t.fault("NoBackend", field, "names no services");
    return std::nullopt;
  }
  if (count == 1) return t.service(services->items[0], field + "[0]");
  config::ServiceSpec weighted;
  weighted.kind = config::ServiceSpec::Kind::weighted;
  weighted.options = Node::map();
  for (size_t i = 0; i < count; ++i) {
    const Node& entry = services->items[i];
    auto one = t.service(entry, field + "[" + std::to_string(i) + "]");
    if (!one) return std::nullopt;
    auto weight = config::parse_integer(node_text(entry, "weight"));
    weighted.services.push_back({*one, weight.value_or(1)});
  }
  t.part.objects.services.emplace(name, std::move(weighted));
  return name;
}

// The routers of the IngressRoutes that this one's are children of.
std::vector<std::string> parents(CustomTranslation& t) {
  std::vector<std::string> names;
  const Node* refs = t.object.spec.find("parentRefs");
  if (refs == nullptr || refs->items.empty()) return names;
  t.part.depends_on_routes = true;
  for (size_t i = 0; i < refs->items.size(); ++i) {
    std::string field = "spec.parentRefs[" + std::to_string(i) + "]";
    auto where = t.space_of(refs->items[i], field);
    if (!where) continue;
    std::string key = *where + "/" + node_text(refs->items[i], "name");
    const CustomObject* parent = t.store.custom(Kind::ingress_route).find(key);
    if (parent == nullptr) {
      t.fault("MissingParent", field, "IngressRoute " + key + " does not exist");
      continue;
    }
    const Node* routes = parent->spec.find("routes");
    if (routes == nullptr) continue;
    for (const Node& route : routes->items) {
      names.push_back(route_name(*parent, node_text(route, "match")));
    }
  }
  return names;
}

void add_route(CustomTranslation& t, const Node& route, const std::string& field,
               const std::optional<Node>& tls, const std::vector<std::string>& parent_names) {
  std::string match = node_text(route, "match");
  std::string name = route_name(t.object, match);
  auto middlewares = t.references(route.find("middlewares"), field + ".middlewares");
  if (!middlewares) return;  // a route without its guard must not be served
  const Node* services = route.find("services");
  bool is_parent_only = services == nullptr || services->items.empty();
  Node router = Node::map();
  if (!is_parent_only) {
    auto service = route_service(t, route, name, field + ".services");
    if (!service) return;
    router.at("service") = Node::string(*service);
  }
  router.at("rule") = Node::string(match);
  copy(route, {"priority", "observability"}, router);
  if (const Node* syntax = route.find("syntax")) router.at("ruleSyntax") = *syntax;
  if (!middlewares->empty()) router.at("middlewares") = text_list(*middlewares);
  if (!parent_names.empty()) router.at("parentRefs") = text_list(parent_names);
  copy(t.object.spec, {"entryPoints"}, router);
  if (tls) router.at("tls") = *tls;
  Node document;
  document.at("http").at("routers").at(name) = std::move(router);
  t.decode(document, field);
}

// Servers of one entry of a TCP or UDP route, as a service of the dynamic configuration.
Node stream_service(CustomTranslation& t, const Node& entry, const std::string& field,
                    bool is_tcp) {
  Node balancer = Node::map();
  Node& servers = balancer.at("servers") = Node::list();
  for (const std::string& address : t.addresses(entry, field)) {
    Node& server = servers.items.emplace_back(Node::map());
    server.at("address") = Node::string(address);
    if (is_tcp) copy(entry, {"tls"}, server);
  }
  if (is_tcp) copy(entry, {"proxyProtocol", "terminationDelay"}, balancer);
  std::string transport = is_tcp ? node_text(entry, "serversTransport") : "";
  if (!transport.empty()) {
    auto name = t.named(transport, "", field + ".serversTransport");
    if (name) balancer.at("serversTransport") = Node::string(*name);
  }
  Node service = Node::map();
  service.at("loadBalancer") = std::move(balancer);
  return service;
}

// Adds the services of a route to the section and returns the name of the one to route to.
std::string stream_services(CustomTranslation& t, const Node& route, const std::string& name,
                            const std::string& field, bool is_tcp, Node& section) {
  const Node* list = route.find("services");
  size_t count = list == nullptr ? 0 : list->items.size();
  if (count == 0) {
    t.fault("NoBackend", field, "names no services");
    return "";
  }
  Node weighted = Node::list();
  for (size_t i = 0; i < count; ++i) {
    const Node& entry = list->items[i];
    std::string one = count == 1 ? name : name + "-" + std::to_string(i);
    section.at(one) = stream_service(t, entry, field + "[" + std::to_string(i) + "]", is_tcp);
    Node& item = weighted.items.emplace_back(Node::map());
    item.at("name") = Node::string(one);
    copy(entry, {"weight"}, item);
  }
  if (count > 1) section.at(name).at("weighted").at("services") = std::move(weighted);
  return name;
}

void add_stream_route(CustomTranslation& t, const Node& route, const std::string& field,
                      const std::optional<Node>& tls, size_t index) {
  bool is_tcp = t.kind == Kind::ingress_route_tcp;
  std::string match = node_text(route, "match");
  std::string name = route_name(t.object, is_tcp ? match : std::to_string(index));
  Node document;
  Node& root = document.at(is_tcp ? "tcp" : "udp");
  std::string service =
      stream_services(t, route, name, field + ".services", is_tcp, root.at("services"));
  if (service.empty()) return;
  Node router = Node::map();
  router.at("service") = Node::string(service);
  copy(t.object.spec, {"entryPoints"}, router);
  if (is_tcp) {
    auto middlewares = t.references(route.find("middlewares"), field + ".middlewares");
    if (!middlewares) return;
    router.at("rule") = Node::string(match);
    copy(route, {"priority"}, router);
    if (const Node* syntax = route.find("syntax")) router.at("ruleSyntax") = *syntax;
    if (!middlewares->empty()) router.at("middlewares") = text_list(*middlewares);
    if (tls) router.at("tls") = *tls;
  }
  root.at("routers").at(name) = std::move(router);
  t.decode(document, field);
}

template <class Add>
void each_route(CustomTranslation& t, Add add) {
  if (!is_of_class(t.object, t.config.ingress_class)) return;
  std::optional<Node> tls;
  if (const Node* written = t.object.spec.find("tls")) {
    tls = router_tls(t, *written);
    if (!tls) return;
  }
  const Node* routes = t.object.spec.find("routes");
  for (size_t i = 0; routes != nullptr && i < routes->items.size(); ++i) {
    add(routes->items[i], "spec.routes[" + std::to_string(i) + "]", tls, i);
  }
}

}  // namespace

void translate_ingress_route(CustomTranslation& t) {
  std::vector<std::string> parent_names = parents(t);
  const Node* refs = t.object.spec.find("parentRefs");
  // Children of nobody would be reachable past the guards of their parents.
  if (refs != nullptr && !refs->items.empty() && parent_names.empty()) return;
  each_route(t, [&](const Node& route, const std::string& field, const std::optional<Node>& tls,
                    size_t) { add_route(t, route, field, tls, parent_names); });
}

void translate_stream_route(CustomTranslation& t) {
  each_route(t, [&](const Node& route, const std::string& field, const std::optional<Node>& tls,
                    size_t index) { add_stream_route(t, route, field, tls, index); });
}

}  // namespace fairlead::providers::kubernetes
