// traefik.ingress.kubernetes.io/router.* of an Ingress. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "providers/kubernetes/finding.h"
#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

struct RouterAnnotations {
  std::vector<std::string> entry_points, middlewares;
  int64_t priority = 0;
  std::string rule_syntax, path_matcher = "PathPrefix";
  std::optional<config::RouterTlsSpec> tls;
  bool says_tls = false;  // one way or the other
  config::ObservabilitySpec observability;
};

// `namespaces`: which may refer to objects of other providers; "*" for all.
RouterAnnotations read_router_annotations(const Annotations& annotations,
                                          const std::vector<std::string>& namespaces,
                                          const std::string& space, Findings& findings);
// Whether `space` may refer to `name` ("x@file").
bool may_refer(const std::string& name, std::string_view own_provider,
               const std::vector<std::string>& namespaces, const std::string& space);

}  // namespace fairlead::providers::kubernetes
