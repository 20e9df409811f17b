// How an Ingress is to be read: Traefik's annotations with the API's own path rules, or those of
// ingress-nginx. Pure; any thread that may read the store.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/static_providers.h"
#include "providers/kubernetes/ingress_part.h"
#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

// Ingresses meet in topics: claims to the same path of a host, or simply the same host. In the
// order of age, so that the first owns what only one can have.
struct TopicMember {
  std::string created, key;
  auto operator<=>(const TopicMember&) const = default;
};
using TopicMembers = std::set<TopicMember>;

class Topics {
 public:
  virtual ~Topics() = default;
  // Empty when nobody is there.
  virtual const TopicMembers& members(const std::string& topic) const = 0;
};

class IngressDialect {
 public:
  virtual ~IngressDialect() = default;
  virtual std::string_view provider() const = 0;  // "kubernetes"
  virtual BackendSettings backend_settings() const = 0;
  // Whether this provider serves it.
  virtual bool owns(const Ingress& ingress, const ObjectStore& store) const = 0;
  virtual std::set<std::string> topics(const Ingress& ingress) const = 0;
  // Whether a change inside a member concerns the others of its topics, too.
  virtual bool members_see_changes() const = 0;
  virtual IngressPart translate(const Ingress& ingress, const ObjectStore& store,
                                const Topics& topics) const = 0;
};

std::unique_ptr<IngressDialect> traefik_dialect(config::KubernetesIngressConfig config);
std::unique_ptr<IngressDialect> nginx_dialect(config::KubernetesNginxConfig config);

}  // namespace fairlead::providers::kubernetes
