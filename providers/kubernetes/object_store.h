// What the watches have seen, by kind and key ("namespace/name"), and which keys changed since
// somebody last asked. Pure; owned by the provider, control thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "providers/kubernetes/custom.h"
#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

enum class Kind : uint8_t {
  ingress_class,
  ingress,
  service,
  endpoint_slice,  // a change is noted under the Service's key
  secret,
  config_map,
  node,
  ingress_route,
  ingress_route_tcp,
  ingress_route_udp,
  middleware,
  middleware_tcp,
  traefik_service,
  tls_option,
  tls_store,
  servers_transport,
  servers_transport_tcp,
};

using Change = std::pair<Kind, std::string>;
using Changes = std::set<Change>;

// The objects of one kind.
template <class T>
class Collection {
 public:
  const T* find(const std::string& key) const {
    auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : &found->second;
  }
  const std::map<std::string, T>& all() const { return objects_; }
  // Whether that changed anything.
  bool put(const std::string& key, T object) {
    auto [at, is_new] = objects_.try_emplace(key);
    if (!is_new && at->second == object) return false;
    at->second = std::move(object);
    return true;
  }
  bool remove(const std::string& key) { return objects_.erase(key) != 0; }

 private:
  std::map<std::string, T> objects_;
};

class ObjectStore {
 public:
  void put(IngressClass object);
  void put(Ingress object);
  void put(Service object);
  void put(EndpointSlice object);
  void put(Secret object);
  void put(ConfigMap object);
  void put(ClusterNode object);
  void put(Kind kind, CustomObject object);
  void remove(Kind kind, const std::string& key);

  const Collection<IngressClass>& classes() const { return classes_; }
  const Collection<Ingress>& ingresses() const { return ingresses_; }
  const Collection<Service>& services() const { return services_; }
  const Collection<EndpointSlice>& slices() const { return slices_; }
  const Collection<Secret>& secrets() const { return secrets_; }
  const Collection<ConfigMap>& config_maps() const { return config_maps_; }
  const Collection<ClusterNode>& nodes() const { return nodes_; }
  const Collection<CustomObject>& custom(Kind kind) const;

  // The keys of a Service's slices.
  const std::set<std::string>& slices_of(const std::string& service_key) const;

  bool has_changes() const { return !changes_.empty(); }
  Changes take_changes() { return std::exchange(changes_, {}); }

 private:
  template <class T>
  void put(Collection<T>& into, Kind kind, T object);
  void remove_slice(const std::string& key);

  Collection<IngressClass> classes_;
  Collection<Ingress> ingresses_;
  Collection<Service> services_;
  Collection<EndpointSlice> slices_;
  Collection<Secret> secrets_;
  Collection<ConfigMap> config_maps_;
  Collection<ClusterNode> nodes_;
  std::map<Kind, Collection<CustomObject>> custom_;
  std::map<std::string, std::set<std::string>> slices_of_;  // by Service
  Changes changes_;
};

}  // namespace fairlead::providers::kubernetes
