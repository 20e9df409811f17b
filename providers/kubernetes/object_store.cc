#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

namespace {

std::string service_key(const EndpointSlice& slice) {
  return slice.meta.space + "/" + slice.service;
}

}  // namespace

template <class T>
void ObjectStore::put(Collection<T>& into, Kind kind, T object) {
  std::string key = object.meta.key();
  if (into.put(key, std::move(object))) changes_.emplace(kind, std::move(key));
}

void ObjectStore::put(IngressClass object) {
  put(classes_, Kind::ingress_class, std::move(object));
}
void ObjectStore::put(Ingress object) { put(ingresses_, Kind::ingress, std::move(object)); }
void ObjectStore::put(Service object) { put(services_, Kind::service, std::move(object)); }
void ObjectStore::put(Secret object) { put(secrets_, Kind::secret, std::move(object)); }
void ObjectStore::put(ConfigMap object) { put(config_maps_, Kind::config_map, std::move(object)); }
void ObjectStore::put(ClusterNode object) { put(nodes_, Kind::node, std::move(object)); }
void ObjectStore::put(Kind kind, CustomObject object) {
  put(custom_[kind], kind, std::move(object));
}

void ObjectStore::put(EndpointSlice object) {
  std::string key = object.meta.key();
  const EndpointSlice* old = slices_.find(key);
  if (old != nullptr && old->service != object.service) remove_slice(key);
  std::string owner = service_key(object);
  if (!slices_.put(key, std::move(object))) return;
  slices_of_[owner].insert(key);
  changes_.emplace(Kind::endpoint_slice, std::move(owner));
}

void ObjectStore::remove_slice(const std::string& key) {
  const EndpointSlice* old = slices_.find(key);
  if (old == nullptr) return;
  std::string owner = service_key(*old);
  slices_.remove(key);
  auto of_owner = slices_of_.find(owner);
  if (of_owner != slices_of_.end()) {
    of_owner->second.erase(key);
    if (of_owner->second.empty()) slices_of_.erase(of_owner);
  }
  changes_.emplace(Kind::endpoint_slice, std::move(owner));
}

void ObjectStore::remove(Kind kind, const std::string& key) {
  bool has_changed = false;
  switch (kind) {
    case Kind::ingress_class:
      has_changed = classes_.remove(key);
      break;
    case Kind::ingress:
      has_changed = ingresses_.remove(key);
      break;
    case Kind::service:
      has_changed = services_.remove(key);
      break;
    case Kind::endpoint_slice:
      return remove_slice(key);
    case Kind::secret:
      has_changed = secrets_.remove(key);
      break;
    case Kind::config_map:
      has_changed = config_maps_.remove(key);
      break;
    case Kind::node:
      has_changed = nodes_.remove(key);
      break;
    default:
      has_changed = custom_[kind].remove(key);
  }
  if (has_changed) changes_.emplace(kind, key);
}

const Collection<CustomObject>& ObjectStore::custom(Kind kind) const {
  static const Collection<CustomObject> none;
  auto found = custom_.find(kind);
  return found == custom_.end() ? none : found->second;
}

const std::set<std::string>& ObjectStore::slices_of(const std::string& service_key) const {
  static const std::set<std::string> none;
  auto found = slices_of_.find(service_key);
  return found == slices_of_.end() ? none : found->second;
}

}  // namespace fairlead::providers::kubernetes
