// Which addresses stand behind a port of a Service.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <arpa/inet.h>

#include "providers/kubernetes/backend_service.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Severity;

const ServicePort* find_port(const Service& service, const PortRef& wanted) {
  for (const ServicePort& port : service.ports) {
    bool is_it = wanted.name.empty() ? port.port == wanted.number : port.name == wanted.name;
    if (is_it) return &port;
  }
  // As ingress-nginx does: the number or name of the pods' port also counts.
  for (const ServicePort& port : service.ports) {
    if (!port.target.empty() && port.target == wanted.text()) return &port;
  }
  return nullptr;
}

std::string in_url(const std::string& ip) { return ip.contains(':') ? "[" + ip + "]" : ip; }

// One endpoint of one slice, under the port that is asked for.
struct Candidate {
  const Endpoint* endpoint;
  int32_t port;
  bool is_ipv6;
};

std::vector<Candidate> candidates(const ObjectStore& store, const std::string& service_key,
                                  const std::string& port_name, int32_t port_number,
                                  Findings& findings) {
  std::vector<Candidate> all;
  for (const std::string& slice_key : store.slices_of(service_key)) {
    const EndpointSlice* slice = store.slices().find(slice_key);
    if (slice->address_type == "FQDN") {
      findings.push_back({Severity::warning, "UnsupportedEndpointSlice", "",
                          "EndpointSlice " + slice_key +
                              " holds host names (addressType FQDN), which are not followed"});
      continue;
    }
    for (const SlicePort& port : slice->ports) {
      if (port.name != port_name || port.protocol == "SCTP") continue;
      int32_t number = port.port != 0 ? port.port : port_number;
      for (const Endpoint& endpoint : slice->endpoints) {
        all.push_back({&endpoint, number, slice->address_type == "IPv6"});
      }
      break;
    }
  }
  return all;
}

// Only what is meant for our zone, when every ready endpoint says what it is meant for and some are
// for ours.
void keep_zone(std::vector<Candidate>& ready, const std::string& zone) {
  if (zone.empty() || ready.empty()) return;
  auto is_ours = [&](const Candidate& one) {
    return std::ranges::find(one.endpoint->for_zones, zone) != one.endpoint->for_zones.end();
  };
  bool all_hinted = std::ranges::all_of(
      ready, [](const Candidate& one) { return !one.endpoint->for_zones.empty(); });
  if (!all_hinted || std::ranges::none_of(ready, is_ours)) return;
  std::erase_if(ready, [&](const Candidate& one) { return !is_ours(one); });
}

class Selection {
 public:
  explicit Selection(Targets& out) : out_(out) {}

  void add(const Candidate& one, bool is_draining) {
    if (one.endpoint->addresses.empty()) return;
    const std::string& ip = one.endpoint->addresses.front();
    if (is_forbidden_address(ip)) {
      out_.findings.push_back({Severity::warning, "ForbiddenEndpoint", "",
                               "the endpoint address " + ip +
                                   " is loopback, link-local, unspecified or multicast, and is not "
                                   "used"});
      return;
    }
    // A pod of both address families stands in two slices: one of them is enough.
    const std::string& uid = one.endpoint->target_uid;
    if (!uid.empty() && !pods_.insert({uid, one.port}).second) return;
    if (!seen_.insert({ip, one.port}).second) return;
    out_.list.push_back({in_url(ip), one.port, is_draining});
  }

 private:
  Targets& out_;
  std::set<std::pair<std::string, int32_t>> pods_, seen_;
};

void add_endpoints(const ObjectStore& store, const std::string& service_key,
                   const ServicePort& port, const BackendSettings& settings, Targets& out) {
  std::vector<Candidate> all = candidates(store, service_key, port.name, port.port, out.findings);
  std::ranges::stable_sort(all, {}, &Candidate::is_ipv6);
  std::vector<Candidate> ready, draining;
  for (const Candidate& one : all) {
    const Endpoint& endpoint = *one.endpoint;
    if (endpoint.is_ready && !endpoint.is_terminating) {
      ready.push_back(one);
    } else if (endpoint.is_serving && endpoint.is_terminating) {
      draining.push_back(one);
    } else if (endpoint.is_ready) {  // publishNotReadyAddresses reports it so while it terminates
      ready.push_back(one);
    }
  }
  keep_zone(ready, settings.zone);
  Selection selection(out);
  for (const Candidate& one : ready) selection.add(one, false);
  // Those on their way out serve the clients that are bound to them, or everybody when they are
  // all that is left.
  bool is_all = out.list.empty();
  for (const Candidate& one : draining) selection.add(one, !is_all);
  std::ranges::sort(out.list, {},
                    [](const Target& t) { return std::tie(t.is_draining, t.host, t.port); });
  if (out.list.empty()) {
    out.findings.push_back({Severity::warning, "NoEndpoints", "",
                            "Service " + service_key + " has no ready endpoints for port " +
                                (port.name.empty() ? std::to_string(port.port) : port.name) +
                                "; requests are answered 503"});
  }
}

void add_nodes(const ObjectStore& store, const ServicePort& port, const BackendSettings& settings,
               Targets& out) {
  for (const auto& [name, node] : store.nodes().all()) {
    if (!node.is_ready) continue;
    const auto& ips = settings.reports_node_internal_ips || node.external_ips.empty()
                          ? node.internal_ips
                          : node.external_ips;
    if (!ips.empty()) out.list.push_back({in_url(ips.front()), port.node_port, false});
  }
}

void add_external(const Service& service, const PortRef& wanted, const BackendSettings& settings,
                  Targets& out) {
  if (!settings.allows_external_names) {
    out.findings.push_back({Severity::error, "ExternalNameRefused", "",
                            "Service " + service.meta.key() +
                                " is of type ExternalName; set the provider's "
                                "allowExternalNameServices to follow it"});
    return;
  }
  int32_t port = out.port != nullptr ? out.port->port : wanted.number;
  std::string name = service.external_name;
  bool is_local = name.empty() || name == "localhost" || name.ends_with(".localhost") ||
                  is_forbidden_address(name);
  if (port == 0 || is_local) {
    out.findings.push_back(
        {Severity::error, "ExternalNameRefused", "",
         "Service " + service.meta.key() + " names " + (is_local ? "the host itself" : "no port")});
    return;
  }
  out.list.push_back({in_url(name), port, false});
}

}  // namespace

bool is_forbidden_address(const std::string& ip) {
  in_addr four{};
  if (inet_pton(AF_INET, ip.c_str(), &four) == 1) {
    uint32_t bits = ntohl(four.s_addr);
    return bits >> 24 == 0 || bits >> 24 == 127 || bits >> 16 == 0xA9FE || bits >> 28 == 0xE ||
           bits == 0xFFFFFFFF;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, ip.c_str(), &six) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    return is_forbidden_address(text);
  }
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six) ||
         IN6_IS_ADDR_LINKLOCAL(&six) || IN6_IS_ADDR_MULTICAST(&six);
}

Targets find_targets(const ObjectStore& store, const std::string& service_key, const PortRef& port,
                     const BackendTuning& tuning, const BackendSettings& settings) {
  Targets out;
  if (service_key.ends_with('/')) return out;  // names none, which its owner has said already
  const Service* service = store.services().find(service_key);
  if (service == nullptr) {
    out.findings.push_back(
        {Severity::error, "MissingService", "",
         "Service " + service_key + " does not exist; requests are answered 503"});
    return out;
  }
  out.port = find_port(*service, port);
  if (service->type == "ExternalName") {
    add_external(*service, port, settings, out);
    return out;
  }
  if (out.port == nullptr) {
    std::string known;
    for (const ServicePort& one : service->ports) {
      known += (known.empty() ? "" : ", ") + std::to_string(one.port) +
               (one.name.empty() ? "" : " (" + one.name + ")");
    }
    out.findings.push_back({Severity::error, "MissingServicePort", "",
                            "Service " + service_key + " has no port " + port.text() + "; it has " +
                                (known.empty() ? "none" : known) + "; requests are answered 503"});
    return out;
  }
  bool is_headless = service->cluster_ip.empty() || service->cluster_ip == "None";
  bool is_node_port = tuning.is_node_port.value_or(false) && out.port->node_port != 0;
  if (is_node_port) {
    add_nodes(store, *out.port, settings, out);
  } else if (tuning.is_native.value_or(settings.has_native_lb_by_default) && !is_headless) {
    out.list.push_back({in_url(service->cluster_ip), out.port->port, false});
  } else {
    add_endpoints(store, service_key, *out.port, settings, out);
  }
  return out;
}

}  // namespace fairlead::providers::kubernetes
