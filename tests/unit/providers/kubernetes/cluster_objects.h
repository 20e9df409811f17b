// Objects of a cluster for tests: from YAML, or short forms as JSON.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "config/node.h"
#include "providers/kubernetes/json_view.h"

namespace fairlead::testing {

using Json = nlohmann::json;

// The documents of a YAML text, separated by "---" lines.
inline std::vector<Json> cluster_objects(const std::string& yaml) {
  std::vector<Json> objects;
  size_t at = 0;
  while (at < yaml.size()) {
    size_t end = yaml.find("\n---\n", at);
    std::string text = yaml.substr(at, end == yaml.npos ? end : end - at + 1);
    at = end == yaml.npos ? yaml.size() : end + 5;
    config::Diagnostics faults;
    config::Node node = config::parse_yaml(text, "golden", faults);
    INFO(text);
    REQUIRE(faults.empty());
    if (!node.is_map()) continue;
    objects.push_back(Json::parse(config::to_json(node)));
  }
  return objects;
}

inline Json object_json(const std::string& kind, const std::string& space,
                        const std::string& name) {
  Json made{
      {"kind", kind},
      {"metadata",
       {{"name", name}, {"uid", "uid-" + name}, {"creationTimestamp", "2026-01-01T00:00:00Z"}}}};
  if (!space.empty()) made["metadata"]["namespace"] = space;
  return made;
}

inline Json service_json(const std::string& name, int port = 80) {
  Json made = object_json("Service", "default", name);
  made["spec"] = {
      {"type", "ClusterIP"},
      {"clusterIP", "10.96.0.9"},
      {"ports", Json::array({{{"name", "web"}, {"port", port}, {"targetPort", 8080}}})}};
  return made;
}

struct EndpointForm {
  std::string ip;
  bool is_ready = true, is_terminating = false;
};

inline Json slice_json(const std::string& service, const std::vector<EndpointForm>& endpoints,
                       const std::string& suffix = "a") {
  Json made = object_json("EndpointSlice", "default", service + "-" + suffix);
  made["metadata"]["labels"] = {{"kubernetes.io/service-name", service}};
  made["addressType"] = "IPv4";
  made["ports"] = Json::array({{{"name", "web"}, {"port", 8080}, {"protocol", "TCP"}}});
  made["endpoints"] = Json::array();
  for (const EndpointForm& one : endpoints) {
    made["endpoints"].push_back({{"addresses", {one.ip}},
                                 {"conditions",
                                  {{"ready", one.is_ready && !one.is_terminating},
                                   {"serving", one.is_ready},
                                   {"terminating", one.is_terminating}}}});
  }
  return made;
}

// `host``path` to port 80 of `service`.
inline Json ingress_json(const std::string& name, const std::string& host, const std::string& path,
                         const std::string& service) {
  Json made = object_json("Ingress", "default", name);
  Json backend{{"service", {{"name", service}, {"port", {{"number", 80}}}}}};
  Json rule{
      {"http",
       {{"paths", Json::array({{{"path", path}, {"pathType", "Prefix"}, {"backend", backend}}})}}}};
  if (!host.empty()) rule["host"] = host;
  made["spec"] = {{"rules", Json::array({rule})}};
  return made;
}

}  // namespace fairlead::testing
