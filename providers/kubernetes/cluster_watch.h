// All watches of one provider: which kinds, in which namespaces, into one store; and when the store
// is complete. Secrets and ConfigMaps that are named somewhere and are not covered by a watch of
// their kind are followed one by one, so that nothing else of theirs is ever read. Owned by the
// provider; control thread; client and store outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/wait.h"
#include "providers/kubernetes/object_store.h"
#include "providers/kubernetes/watch.h"

namespace fairlead::providers::kubernetes {

struct WatchedKind {
  Kind kind;
  std::string selector;     // as in WatchOptions
  bool is_required = true;  // the first publication waits for it
  bool streams_list = false;
};

// "/apis/networking.k8s.io/v1" and "ingresses", and whether it lives in namespaces.
struct Resource {
  const char* group_path;
  const char* plural;
  bool is_namespaced;
};
Resource resource_of(Kind kind);
std::string resource_path(Kind kind, const std::string& space);

// Decodes an object of that kind into the store.
void store_object(ObjectStore& store, Kind kind, const Json& object);

class ClusterWatch {
 public:
  struct Settings {
    std::vector<std::string> namespaces;  // empty: all
    std::vector<WatchedKind> kinds;
    io::Duration first_retry{200}, last_retry{15'000};
  };

  ClusterWatch(Settings settings, ApiClient& client, ObjectStore& store);
  ~ClusterWatch();

  // Spawns the watches.
  void start(io::Scope& scope);
  // Follows exactly these objects of a kind besides what its watch sees.
  void follow_named(Kind kind, const std::set<std::string>& keys, io::Scope& scope);

  // Set whenever the store, the completeness or the connection is another.
  io::Event& changed() { return changed_; }
  bool is_complete() const;
  // What keeps it from being connected, "" when nothing does.
  std::string trouble() const;

 private:
  class Target;
  struct Follower {
    std::unique_ptr<Target> target;
    std::unique_ptr<Watch> watch;
    std::unique_ptr<io::Scope> scope;  // of a named one, which may end before the others
    bool is_required = false;
  };

  Follower make(Kind kind, const std::string& space, std::string selector, bool streams_list);
  static io::Task<void> run_named(Watch& watch, io::Scope& scope, Target& target);
  bool is_seen(Kind kind, const std::string& key) const;
  void drop_ended();

  Settings settings_;
  ApiClient& client_;
  ObjectStore& store_;
  std::vector<Follower> followers_;
  std::map<std::pair<Kind, std::string>, Follower> named_;
  std::vector<Follower> ending_;
  io::Event changed_;
};

}  // namespace fairlead::providers::kubernetes
