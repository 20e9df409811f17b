// What is read of the Kubernetes objects that routing needs: plain values, without the fields that
// change for other reasons (resourceVersion, managedFields), so that == says whether anything
// matters. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::providers::kubernetes {

struct Meta {
  std::string space;  // namespace, "" for objects of the cluster
  std::string name;
  std::string uid;
  std::string created;  // RFC 3339, which sorts as text
  bool operator==(const Meta&) const = default;
  std::string key() const { return space.empty() ? name : space + "/" + name; }
};

using Annotations = std::map<std::string, std::string>;

struct Address {
  std::string ip, hostname;
  bool operator==(const Address&) const = default;
};

struct IngressClass {
  Meta meta;
  std::string controller;
  bool is_default = false;
  bool operator==(const IngressClass&) const = default;
};

// A port as it is named in a backend: by number or by name.
struct PortRef {
  int32_t number = 0;
  std::string name;
  bool operator==(const PortRef&) const = default;
  auto operator<=>(const PortRef&) const = default;
  std::string text() const { return name.empty() ? std::to_string(number) : name; }
};

struct Backend {
  std::string service;
  PortRef port;
  std::string resource;  // "Kind name" of something that is no service
  bool operator==(const Backend&) const = default;
};

enum class PathType : uint8_t { implementation_specific, exact, prefix };

struct IngressPath {
  std::string path;
  PathType type = PathType::implementation_specific;
  Backend backend;
  bool operator==(const IngressPath&) const = default;
};

struct IngressRule {
  std::string host;
  std::vector<IngressPath> paths;  // none: everything goes to the default backend
  bool operator==(const IngressRule&) const = default;
};

struct IngressTls {
  std::vector<std::string> hosts;
  std::string secret;
  bool operator==(const IngressTls&) const = default;
};

struct Ingress {
  Meta meta;
  Annotations annotations;  // those that mean something to an ingress controller
  std::optional<std::string> class_name;
  std::optional<Backend> default_backend;
  std::vector<IngressRule> rules;
  std::vector<IngressTls> tls;
  std::vector<Address> status;
  bool operator==(const Ingress&) const = default;
};

struct ServicePort {
  std::string name;
  int32_t port = 0;
  std::string target;  // a number or a name; "" as the port
  std::string protocol = "TCP";
  std::string app_protocol;
  int32_t node_port = 0;
  bool operator==(const ServicePort&) const = default;
};

struct Service {
  Meta meta;
  Annotations annotations;
  std::string type = "ClusterIP";
  std::string cluster_ip;  // "None" when headless
  std::string external_name;
  std::vector<std::string> external_ips;
  std::vector<ServicePort> ports;
  std::vector<Address> load_balancer;
  std::string traffic_distribution;
  bool operator==(const Service&) const = default;
};

struct Endpoint {
  std::vector<std::string> addresses;
  bool is_ready = true, is_serving = true, is_terminating = false;
  std::string node, zone;
  std::vector<std::string> for_zones;  // hints
  std::string target_uid;
  bool operator==(const Endpoint&) const = default;
};

struct SlicePort {
  std::string name;
  int32_t port = 0;
  std::string protocol = "TCP";
  std::string app_protocol;
  bool operator==(const SlicePort&) const = default;
};

struct EndpointSlice {
  Meta meta;
  std::string service;  // of the same namespace
  std::string address_type;
  std::vector<Endpoint> endpoints;
  std::vector<SlicePort> ports;
  bool operator==(const EndpointSlice&) const = default;
};

struct Secret {
  Meta meta;
  std::string type;
  std::map<std::string, std::string> data;  // decoded
  bool operator==(const Secret&) const = default;
};

struct ConfigMap {
  Meta meta;
  std::map<std::string, std::string> data;
  bool operator==(const ConfigMap&) const = default;
};

struct ClusterNode {
  Meta meta;
  std::string zone;
  std::vector<std::string> internal_ips, external_ips;
  bool is_ready = true;
  bool operator==(const ClusterNode&) const = default;
};

}  // namespace fairlead::providers::kubernetes
