// What the Ingresses of one host mean for one another, as ingress-nginx has it: whether paths are
// regular expressions, who owns a path, which canary goes with it, which hosts exist. Pure; used on
// the stack during a translation.
#pragma once

#include <string>
#include <vector>

#include "providers/kubernetes/ingress_dialect.h"
#include "providers/kubernetes/nginx_annotations.h"

namespace fairlead::providers::kubernetes {

class NginxHosts {
 public:
  NginxHosts(const ObjectStore& store, const Topics& topics) : store_(store), topics_(topics) {}

  // One path with use-regex, or a rewrite to something else, is enough.
  bool is_regex(const std::string& host) const;
  // The key of the oldest Ingress with this path, canaries aside.
  std::string owner(const std::string& host, const IngressPath& path) const;

  struct Canary {
    const Ingress* ingress = nullptr;
    const IngressPath* path = nullptr;
  };
  // The first canary with the same host, path and type.
  Canary canary(const std::string& host, const IngressPath& path) const;
  // Whether an Ingress other than this one has rules for the host.
  bool has_rules(const std::string& host, const std::string& not_counting) const;

 private:
  template <class Visit>
  void each(const std::string& host, Visit visit) const;

  const ObjectStore& store_;
  const Topics& topics_;
};

bool is_canary(const Ingress& ingress);
bool is_same_path(const IngressPath& a, const IngressPath& b);
// "/" for an empty path.
std::string nginx_path(const IngressPath& path);

}  // namespace fairlead::providers::kubernetes
