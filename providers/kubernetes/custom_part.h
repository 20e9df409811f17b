// What one custom resource comes to, and the means to get there: references to other objects,
// Secrets, Services. Used on the stack by the crd_*.cc files; pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "config/static_providers.h"
#include "providers/kubernetes/backend_registry.h"
#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

struct CustomPart {
  config::Objects objects;
  std::vector<BackendKey> backends;
  std::set<std::string> secrets, config_maps;  // keys of what was looked at
  std::set<std::string> services;              // whose endpoints stand in it
  Findings findings;
  bool depends_on_routes = false;  // names routers of other IngressRoutes
};

class CustomTranslation {
 public:
  CustomTranslation(const config::KubernetesCrdConfig& settings, const ObjectStore& all,
                    BackendRegistry& registry, Kind which, const CustomObject& one)
      : config(settings), store(all), backends(registry), kind(which), object(one) {}

  void fault(std::string reason, std::string field, std::string message) {
    part.findings.push_back(
        {config::Severity::error, std::move(reason), std::move(field), std::move(message)});
  }
  void doubt(std::string reason, std::string field, std::string message) {
    part.findings.push_back(
        {config::Severity::warning, std::move(reason), std::move(field), std::move(message)});
  }

  const std::string& space() const { return object.meta.space; }
  std::string own_name() const { return object.meta.space + "-" + object.meta.name; }

  // The routing name of what {name, namespace} or a bare name refers to; nothing, and a fault, when
  // it may not be referred to.
  std::optional<std::string> reference(const config::Node& written, const std::string& field);
  std::optional<std::string> named(const std::string& name, const std::string& name_space,
                                   const std::string& field);
  // A list of references; nothing when one of them is refused.
  std::optional<std::vector<std::string>> references(const config::Node* list,
                                                     const std::string& field);
  // The Secret of this namespace, noted as used; null, and a fault, when it is not there.
  const Secret* secret(const std::string& name, const std::string& field);
  // One entry of it; "" when it lacks that, with a fault.
  std::string secret_value(const std::string& name, const std::vector<std::string>& keys,
                           const std::string& field);
  // Certificate and key of a Secret.
  std::optional<std::pair<std::string, std::string>> pair(const std::string& secret_name,
                                                          const std::string& field);

  // The name of the service that a service entry stands for ({kind, name, port, …}).
  std::optional<std::string> service(const config::Node& entry, const std::string& field);
  // host:port of each endpoint of a TCP or UDP service entry.
  std::vector<std::string> addresses(const config::Node& entry, const std::string& field);
  // The namespace that an entry names, when that is allowed.
  std::optional<std::string> space_of(const config::Node& entry, const std::string& field);
  // Puts what config reads out of `document` ({http: {…}}) into the part.
  void decode(const config::Node& document, const std::string& field);

  const config::KubernetesCrdConfig& config;
  const ObjectStore& store;
  BackendRegistry& backends;
  Kind kind;
  const CustomObject& object;
  CustomPart part;

 private:
  std::optional<BackendTuning> tuning(const config::Node& entry, const std::string& field);
};

// The translations, by kind.
void translate_ingress_route(CustomTranslation& t);
void translate_stream_route(CustomTranslation& t);  // TCP and UDP
void translate_middleware(CustomTranslation& t);    // HTTP and TCP
void translate_traefik_service(CustomTranslation& t);
void translate_servers_transport(CustomTranslation& t);  // HTTP and TCP
void translate_tls_option(CustomTranslation& t);
void translate_tls_store(CustomTranslation& t);

// Scalars and members of nodes that may be null.
std::string node_text(const config::Node* node);
std::string node_text(const config::Node& map, std::string_view key);
// "" options, or "https://…": whether the node says true.
bool node_flag(const config::Node& map, std::string_view key);
config::Node text_list(const std::vector<std::string>& words);
// The names of a route's router.
std::string route_name(const CustomObject& route, const std::string& match);
// Whether the class that an object names is ours.
bool is_of_class(const CustomObject& object, const std::string& wanted);

}  // namespace fairlead::providers::kubernetes
