#include "control/auth_origins.h"

#include "config/reader.h"
#include "config/references.h"
#include "middleware/forward_auth_origin.h"

namespace fairlead::control {
namespace {

using config::Node;

// `tls` of a forwardAuth in the words of a serversTransport.
Node transport_options(const Node* tls) {
  Node options = Node::map();
  if (tls == nullptr || !tls->is_map()) return options;
  if (const Node* ca = tls->find("ca"); ca != nullptr && !ca->scalar.empty()) {
    Node& authorities = options.at("rootCAs") = Node::list();
    authorities.items.push_back(*ca);
  }
  const Node* cert = tls->find("cert");
  const Node* key = tls->find("key");
  if (cert != nullptr && key != nullptr && !cert->scalar.empty()) {
    Node pair = Node::map();
    pair.at("certFile") = *cert;
    pair.at("keyFile") = *key;
    Node& pairs = options.at("certificates") = Node::list();
    pairs.items.push_back(std::move(pair));
  }
  if (const Node* insecure = tls->find("insecureSkipVerify"))
    options.at("insecureSkipVerify") = *insecure;
  return options;
}

void add_origin(const std::string& qualified_name, const Node& options, config::Objects& into) {
  const Node* address = options.find("address");
  if (address == nullptr) return;  // reported by the middleware
  auto parsed = middleware::parse_auth_address(address->scalar);
  if (!parsed) return;
  std::string name = middleware::auth_service_name(qualified_name);
  config::ServiceSpec& service = into.services[name];
  config::ServerSpec server;
  server.url = parsed->server;
  service.load_balancer.servers.push_back(std::move(server));
  service.load_balancer.passes_host_header = false;
  if (parsed->scheme != "https") return;
  into.servers_transports[name].options = transport_options(options.find("tls"));
  service.load_balancer.servers_transport = name;
}

}  // namespace

config::Fragment auth_origins(std::span<const config::Fragment* const> fragments) {
  config::Fragment origins;
  origins.provider = "internal";
  for (const config::Fragment* fragment : fragments) {
    for (const auto& [name, spec] : fragment->objects.middlewares) {
      if (!config::is_middleware_type(spec, "forwardAuth")) continue;
      add_origin(config::qualify(name, fragment->provider), spec.options, origins.objects);
    }
  }
  return origins;
}

}  // namespace fairlead::control
