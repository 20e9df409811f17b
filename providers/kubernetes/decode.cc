#include "providers/kubernetes/decode.h"

#include <algorithm>
#include <array>

#include "base/base64.h"

namespace fairlead::providers::kubernetes {

namespace {

// Others (a deployment tool's copy of the whole object, say) are large and change for no reason.
constexpr std::array<std::string_view, 6> kKeptPrefixes{"traefik.ingress.kubernetes.io/",
                                                        "nginx.ingress.kubernetes.io/",
                                                        "kubernetes.io/ingress.class",
                                                        "service.kubernetes.io/topology-mode",
                                                        "traefik.io/",
                                                        "fairlead.io/"};

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes(base64_decoded_bound(text.size()), '\0');
  auto written = base64_decode(text, bytes.data());
  if (!written) return std::nullopt;
  bytes.resize(written->size());
  return bytes;
}

Annotations decode_annotations(const Json& object) {
  Annotations kept;
  const Json& all = member(object, {"metadata", "annotations"});
  if (!all.is_object()) return kept;
  for (auto at = all.begin(); at != all.end(); ++at) {
    bool is_kept = std::ranges::any_of(
        kKeptPrefixes, [&](std::string_view prefix) { return at.key().starts_with(prefix); });
    if (is_kept) kept.emplace(at.key(), text(*at));
  }
  return kept;
}

Backend decode_backend(const Json& object) {
  Backend backend;
  const Json& service = member(object, "service");
  backend.service = text(service, "name");
  const Json& port = member(service, "port");
  backend.port = {static_cast<int32_t>(number(port, "number")), text(port, "name")};
  const Json& resource = member(object, "resource");
  if (resource.is_object())
    backend.resource = text(resource, "kind") + " " + text(resource, "name");
  return backend;
}

PathType path_type_of(const std::string& word) {
  if (word == "Exact") return PathType::exact;
  if (word == "Prefix") return PathType::prefix;
  return PathType::implementation_specific;
}

IngressRule decode_rule(const Json& object) {
  IngressRule rule{text(object, "host"), {}};
  const Json& paths = member(object, {"http", "paths"});
  if (!paths.is_array()) return rule;
  for (const Json& path : paths) {
    rule.paths.push_back({text(path, "path"), path_type_of(text(path, "pathType")),
                          decode_backend(member(path, "backend"))});
  }
  return rule;
}

// A number or a name; "" when absent.
std::string int_or_text(const Json& value) {
  if (value.is_number_integer()) return std::to_string(value.get<int64_t>());
  return text(value);
}

Endpoint decode_endpoint(const Json& object) {
  Endpoint endpoint;
  endpoint.addresses = texts(member(object, "addresses"));
  const Json& conditions = member(object, "conditions");
  endpoint.is_ready = flag(conditions, "ready", true);
  endpoint.is_serving = flag(conditions, "serving", endpoint.is_ready);
  endpoint.is_terminating = flag(conditions, "terminating");
  endpoint.node = text(object, "nodeName");
  endpoint.zone = text(object, "zone");
  endpoint.target_uid = text(member(object, "targetRef"), "uid");
  const Json& zones = member(object, {"hints", "forZones"});
  if (zones.is_array()) {
    for (const Json& zone : zones) endpoint.for_zones.push_back(text(zone, "name"));
  }
  return endpoint;
}

}  // namespace

Meta decode_meta(const Json& object) {
  const Json& meta = member(object, "metadata");
  return {text(meta, "namespace"), text(meta, "name"), text(meta, "uid"),
          text(meta, "creationTimestamp")};
}

std::vector<Address> decode_addresses(const Json& load_balancer) {
  std::vector<Address> addresses;
  const Json& list = member(load_balancer, "ingress");
  if (!list.is_array()) return addresses;
  for (const Json& one : list) addresses.push_back({text(one, "ip"), text(one, "hostname")});
  return addresses;
}

void decode(const Json& object, IngressClass& out) {
  out.meta = decode_meta(object);
  out.controller = text(member(object, "spec"), "controller");
  const Json& annotations = member(object, {"metadata", "annotations"});
  out.is_default = text(annotations, "ingressclass.kubernetes.io/is-default-class") == "true";
}

void decode(const Json& object, Ingress& out) {
  out.meta = decode_meta(object);
  out.annotations = decode_annotations(object);
  const Json& spec = member(object, "spec");
  if (member(spec, "ingressClassName").is_string()) out.class_name = text(spec, "ingressClassName");
  const Json& backend = member(spec, "defaultBackend");
  if (backend.is_object()) out.default_backend = decode_backend(backend);
  if (const Json& rules = member(spec, "rules"); rules.is_array()) {
    for (const Json& rule : rules) out.rules.push_back(decode_rule(rule));
  }
  if (const Json& tls = member(spec, "tls"); tls.is_array()) {
    for (const Json& one : tls) {
      out.tls.push_back({texts(member(one, "hosts")), text(one, "secretName")});
    }
  }
  out.status = decode_addresses(member(object, {"status", "loadBalancer"}));
}

void decode(const Json& object, Service& out) {
  out.meta = decode_meta(object);
  out.annotations = decode_annotations(object);
  const Json& spec = member(object, "spec");
  if (std::string type = text(spec, "type"); !type.empty()) out.type = std::move(type);
  out.cluster_ip = text(spec, "clusterIP");
  out.external_name = text(spec, "externalName");
  out.external_ips = texts(member(spec, "externalIPs"));
  out.traffic_distribution = text(spec, "trafficDistribution");
  if (const Json& ports = member(spec, "ports"); ports.is_array()) {
    for (const Json& port : ports) {
      ServicePort& made = out.ports.emplace_back();
      made.name = text(port, "name");
      made.port = static_cast<int32_t>(number(port, "port"));
      made.target = int_or_text(member(port, "targetPort"));
      if (std::string word = text(port, "protocol"); !word.empty()) made.protocol = std::move(word);
      made.app_protocol = text(port, "appProtocol");
      made.node_port = static_cast<int32_t>(number(port, "nodePort"));
    }
  }
  out.load_balancer = decode_addresses(member(object, {"status", "loadBalancer"}));
}

void decode(const Json& object, EndpointSlice& out) {
  out.meta = decode_meta(object);
  out.service = text(member(object, {"metadata", "labels"}), "kubernetes.io/service-name");
  out.address_type = text(object, "addressType");
  if (const Json& endpoints = member(object, "endpoints"); endpoints.is_array()) {
    for (const Json& endpoint : endpoints) out.endpoints.push_back(decode_endpoint(endpoint));
  }
  if (const Json& ports = member(object, "ports"); ports.is_array()) {
    for (const Json& port : ports) {
      SlicePort& made = out.ports.emplace_back();
      made.name = text(port, "name");
      made.port = static_cast<int32_t>(number(port, "port"));
      if (std::string word = text(port, "protocol"); !word.empty()) made.protocol = std::move(word);
      made.app_protocol = text(port, "appProtocol");
    }
  }
}

// Certificates and keys are text in PEM or nothing: elsewhere in the configuration the same value
// may be the name of a file, and who may write a Secret must not choose files of this pod.
bool is_admitted(const std::string& key, std::string_view value) {
  bool is_pem = key == "tls.crt" || key == "tls.cert" || key == "tls.key" || key == "tls.ca" ||
                key == "ca.crt";
  return !is_pem || value.find("-----BEGIN ") != value.npos;
}

void decode(const Json& object, Secret& out) {
  out.meta = decode_meta(object);
  out.type = text(object, "type");
  for (auto& [key, value] : text_map(member(object, "data"))) {
    auto bytes = decode_base64(value);
    if (bytes && is_admitted(key, *bytes)) out.data.emplace(key, std::move(*bytes));
  }
}

void decode(const Json& object, ConfigMap& out) {
  out.meta = decode_meta(object);
  out.data = text_map(member(object, "data"));
  std::erase_if(out.data,
                [](const auto& entry) { return !is_admitted(entry.first, entry.second); });
}

void decode(const Json& object, ClusterNode& out) {
  out.meta = decode_meta(object);
  out.zone = text(member(object, {"metadata", "labels"}), "topology.kubernetes.io/zone");
  if (const Json& all = member(object, {"status", "addresses"}); all.is_array()) {
    for (const Json& one : all) {
      std::string type = text(one, "type");
      if (type == "InternalIP") out.internal_ips.push_back(text(one, "address"));
      if (type == "ExternalIP") out.external_ips.push_back(text(one, "address"));
    }
  }
  if (const Json& all = member(object, {"status", "conditions"}); all.is_array()) {
    for (const Json& one : all) {
      if (text(one, "type") == "Ready") out.is_ready = text(one, "status") == "True";
    }
  }
}

}  // namespace fairlead::providers::kubernetes
