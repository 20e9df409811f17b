#include "providers/kubernetes/cluster_watch.h"

#include <algorithm>

#include "base/log.h"
#include "providers/kubernetes/custom.h"
#include "providers/kubernetes/decode.h"

namespace fairlead::providers::kubernetes {

namespace {

constexpr const char* kNetworking = "/apis/networking.k8s.io/v1";
constexpr const char* kTraefik = "/apis/traefik.io/v1alpha1";

template <class T>
T decoded(const Json& object) {
  T out;
  decode(object, out);
  return out;
}

}  // namespace

void store_object(ObjectStore& store, Kind kind, const Json& object) {
  switch (kind) {
    case Kind::ingress_class:
      return store.put(decoded<IngressClass>(object));
    case Kind::ingress:
      return store.put(decoded<Ingress>(object));
    case Kind::service:
      return store.put(decoded<Service>(object));
    case Kind::endpoint_slice:
      return store.put(decoded<EndpointSlice>(object));
    case Kind::secret:
      return store.put(decoded<Secret>(object));
    case Kind::config_map:
      return store.put(decoded<ConfigMap>(object));
    case Kind::node:
      return store.put(decoded<ClusterNode>(object));
    default:
      return store.put(kind, decoded<CustomObject>(object));
  }
}

Resource resource_of(Kind kind) {
  switch (kind) {
    case Kind::ingress_class:
      return {kNetworking, "ingressclasses", false};
    case Kind::ingress:
      return {kNetworking, "ingresses", true};
    case Kind::service:
      return {"/api/v1", "services", true};
    case Kind::endpoint_slice:
      return {"/apis/discovery.k8s.io/v1", "endpointslices", true};
    case Kind::secret:
      return {"/api/v1", "secrets", true};
    case Kind::config_map:
      return {"/api/v1", "configmaps", true};
    case Kind::node:
      return {"/api/v1", "nodes", false};
    case Kind::ingress_route:
      return {kTraefik, "ingressroutes", true};
    case Kind::ingress_route_tcp:
      return {kTraefik, "ingressroutetcps", true};
    case Kind::ingress_route_udp:
      return {kTraefik, "ingressrouteudps", true};
    case Kind::middleware:
      return {kTraefik, "middlewares", true};
    case Kind::middleware_tcp:
      return {kTraefik, "middlewaretcps", true};
    case Kind::traefik_service:
      return {kTraefik, "traefikservices", true};
    case Kind::tls_option:
      return {kTraefik, "tlsoptions", true};
    case Kind::tls_store:
      return {kTraefik, "tlsstores", true};
    case Kind::servers_transport:
      return {kTraefik, "serverstransports", true};
    case Kind::servers_transport_tcp:
      return {kTraefik, "serverstransporttcps", true};
  }
  return {"", "", false};
}

std::string resource_path(Kind kind, const std::string& space) {
  Resource resource = resource_of(kind);
  std::string path = resource.group_path;
  if (resource.is_namespaced && !space.empty()) path += "/namespaces/" + escape_query(space);
  return path + "/" + resource.plural;
}

// One watch's way into the store.
class ClusterWatch::Target final : public WatchTarget {
 public:
  Target(ClusterWatch& owner, Kind kind, std::string path)
      : owner_(owner), kind_(kind), path_(std::move(path)) {}

  void take(const Json& object) override { store_object(owner_.store_, kind_, object); }
  void remove(const std::string& key) override { owner_.store_.remove(kind_, key); }
  void settle() override {
    if (owner_.store_.has_changes()) owner_.changed_.set();
  }
  void synchronised() override {
    if (!trouble_.empty()) {
      log::info("watching again", {{"provider", "kubernetes"}, {"resource", path_}});
    }
    trouble_.clear();
    owner_.changed_.set();
  }
  void lost(const ApiFault& fault) override {
    if (trouble_ == fault.text) return;
    log::warn("watch lost", {{"provider", "kubernetes"}, {"error", fault.text}});
    trouble_ = fault.text;
    status_ = fault.status;
    owner_.changed_.set();
  }

  const std::string& trouble() const { return trouble_; }
  bool has_ended = false;  // of a named one: its watch has returned

  // The resource does not exist on this server.
  bool is_absent() const { return !trouble_.empty() && status_ == 404; }

 private:
  ClusterWatch& owner_;
  Kind kind_;
  std::string path_, trouble_;
  int status_ = 0;
};

ClusterWatch::ClusterWatch(Settings settings, ApiClient& client, ObjectStore& store)
    : settings_(std::move(settings)), client_(client), store_(store) {}
ClusterWatch::~ClusterWatch() = default;

ClusterWatch::Follower ClusterWatch::make(Kind kind, const std::string& space, std::string selector,
                                          bool streams_list) {
  WatchOptions options;
  options.path = resource_path(kind, space);
  options.selector = std::move(selector);
  options.streams_list = streams_list;
  options.first_retry = settings_.first_retry;
  options.last_retry = settings_.last_retry;
  Follower follower;
  follower.target = std::make_unique<Target>(*this, kind, options.path);
  follower.watch = std::make_unique<Watch>(std::move(options), client_, *follower.target);
  return follower;
}

void ClusterWatch::start(io::Scope& scope) {
  for (const WatchedKind& kind : settings_.kinds) {
    bool is_everywhere = settings_.namespaces.empty() || !resource_of(kind.kind).is_namespaced;
    std::vector<std::string> spaces =
        is_everywhere ? std::vector<std::string>{""} : settings_.namespaces;
    for (const std::string& space : spaces) {
      Follower made = make(kind.kind, space, kind.selector, kind.streams_list);
      made.is_required = kind.is_required;
      followers_.push_back(std::move(made));
    }
  }
  for (Follower& follower : followers_) scope.spawn(follower.watch->run(scope));
}

void ClusterWatch::drop_ended() {
  std::erase_if(ending_, [](const Follower& one) { return one.target->has_ended; });
}

io::Task<void> ClusterWatch::run_named(Watch& watch, io::Scope& scope, Target& target) {
  co_await watch.run(scope);
  target.has_ended = true;
}

// What the watch of its kind sees anyway.
bool ClusterWatch::is_seen(Kind kind, const std::string& key) const {
  if (kind != Kind::secret) return false;
  const Secret* secret = store_.secrets().find(key);
  return secret != nullptr && secret->type == "kubernetes.io/tls";
}

void ClusterWatch::follow_named(Kind kind, const std::set<std::string>& keys, io::Scope& scope) {
  drop_ended();
  for (auto at = named_.begin(); at != named_.end();) {
    if (at->first.first != kind || keys.contains(at->first.second)) {
      ++at;
      continue;
    }
    at->second.scope->cancel({.code = Code::cancelled});
    if (!is_seen(kind, at->first.second)) store_.remove(kind, at->first.second);
    ending_.push_back(std::move(at->second));
    at = named_.erase(at);
  }
  for (const std::string& key : keys) {
    size_t slash = key.find('/');
    if (slash == key.npos || slash == 0 || named_.contains({kind, key})) continue;
    if (is_seen(kind, key)) continue;
    std::string selector = "&fieldSelector=metadata.name%3D" + escape_query(key.substr(slash + 1));
    Follower made = make(kind, key.substr(0, slash), std::move(selector), false);
    made.scope = std::make_unique<io::Scope>(&scope);
    scope.spawn(run_named(*made.watch, *made.scope, *made.target));
    named_.emplace(std::pair{kind, key}, std::move(made));
  }
}

bool ClusterWatch::is_complete() const {
  return std::ranges::all_of(followers_, [](const Follower& one) {
    return !one.is_required || one.watch->is_synchronised() || one.target->is_absent();
  });
}

std::string ClusterWatch::trouble() const {
  for (const Follower& one : followers_) {
    if (one.is_required && !one.target->is_absent() && !one.target->trouble().empty()) {
      return one.target->trouble();
    }
  }
  return "";
}

}  // namespace fairlead::providers::kubernetes
