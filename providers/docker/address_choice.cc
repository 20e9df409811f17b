#include "providers/docker/address_choice.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace fairlead::providers::docker {

namespace {

using config::Severity;

constexpr std::string_view kNetworkLabel = "traefik.docker.network";
constexpr std::string_view kBorrowing = "container:";

const std::string& address_on(const Attachment& attachment) {
  return attachment.ipv4.empty() ? attachment.ipv6 : attachment.ipv4;
}

std::string listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::set<std::string> usable_networks(const Container& container) {
  std::set<std::string> names;
  for (const auto& [name, attachment] : container.networks) {
    if (!address_on(attachment).empty()) names.insert(name);
  }
  return names;
}

// The network called `wanted`, or `<project>_<wanted>` as Compose names the networks of a file; ""
// when absent.
std::string named_network(const Container& container, const std::set<std::string>& usable,
                          const std::string& wanted) {
  if (usable.contains(wanted)) return wanted;
  std::string project = container.compose_project();
  std::string composed = project + "_" + wanted;
  return !project.empty() && usable.contains(composed) ? composed : std::string();
}

bool is_any_address(const std::string& ip) {
  return ip.empty() || ip == "0.0.0.0" || ip == "::" || ip == "[::]";
}

}  // namespace

std::optional<Place> AddressChooser::place(const Container& container, uint16_t port,
                                           Protocol protocol, const std::string& network) {
  if (surroundings_.uses_bind_port_ip) {
    if (auto bound = bound_place(container, port, protocol)) return bound;
  }
  std::string host = address(container, network);
  if (host.empty()) return std::nullopt;
  return Place{std::move(host), port};
}

std::optional<Place> AddressChooser::bound_place(const Container& container, uint16_t port,
                                                 Protocol protocol) {
  const auto& bindings =
      protocol == Protocol::tcp ? container.tcp_bindings : container.udp_bindings;
  auto found = bindings.find(port);
  if (found == bindings.end()) return std::nullopt;
  for (const PortBinding& binding : found->second) {
    if (!is_any_address(binding.host_ip)) return Place{binding.host_ip, binding.host_port};
  }
  report(container, Severity::warning, "providers.docker.useBindPortIP",
         "port " + std::to_string(port) +
             " is published on every address of the host, which names " +
             "none to use; publish it on one (\"127.0.0.1:" + std::to_string(port) + ":" +
             std::to_string(port) + "\"). The container's own address is used");
  return std::nullopt;
}

std::string AddressChooser::address(const Container& container, const std::string& network) {
  if (container.is_host_mode()) return surroundings_.host_address;
  if (container.network_mode.starts_with(kBorrowing)) return borrowed_address(container, network);
  std::set<std::string> usable = usable_networks(container);
  const std::string& wanted = network.empty() ? surroundings_.default_network : network;
  if (!wanted.empty()) {
    std::string name = named_network(container, usable, wanted);
    if (!name.empty()) return address_on(container.networks.at(name));
    report(container, Severity::warning,
           network.empty() ? "providers.docker.network" : std::string(kNetworkLabel),
           "the container is not attached to the network \"" + wanted + "\"" +
               (usable.empty() ? "" : "; it is attached to " + listed(usable)));
  }
  if (!usable.empty()) return address_of_choice(container, usable);
  report(container, Severity::error, std::string(kNetworkLabel),
         "the container has no address on any network; attach it to a network that Fairlead can "
         "reach");
  return {};
}

// Network mode "container:<id>": the other container's addresses, with this one's label or the
// other's.
std::string AddressChooser::borrowed_address(const Container& container,
                                             const std::string& network) {
  std::string lender_id = container.network_mode.substr(kBorrowing.size());
  const Container* lender = inventory_.find(lender_id);
  if (lender == nullptr) {
    report(container, Severity::error, "network mode",
           "it uses the network of the container " + lender_id.substr(0, 12) +
               ", which does not exist");
    return {};
  }
  if (lender->network_mode.starts_with(kBorrowing)) {
    report(container, Severity::error, "network mode",
           "it uses the network of " + lender->title() + ", which has none of its own");
    return {};
  }
  std::string wanted = network;
  for (const char* key : {"fairlead.docker.network", "traefik.docker.network"}) {
    if (wanted.empty()) wanted = lender->label(key);
  }
  return address(*lender, wanted);
}

std::string AddressChooser::address_of_choice(const Container& container,
                                              const std::set<std::string>& usable) {
  if (surroundings_.knows_own_networks) {
    for (const std::string& name : usable) {
      if (surroundings_.own_networks.contains(name)) return address_on(container.networks.at(name));
    }
  }
  const std::string& first = *usable.begin();
  if (surroundings_.knows_own_networks) {
    report(container, Severity::warning, std::string(kNetworkLabel),
           "Fairlead is not attached to any network of this container (" + listed(usable) +
               ") and will probably not reach it; attach Fairlead to one of them, or the container "
               "to one of Fairlead's (" +
               listed(surroundings_.own_networks) + "). \"" + first + "\" is used");
  } else if (usable.size() > 1) {
    report(container, Severity::warning, std::string(kNetworkLabel),
           "the container is attached to several networks (" + listed(usable) + "); \"" + first +
               "\" is used, the first by name. Add the label \"" + std::string(kNetworkLabel) +
               "=<network>\" to choose");
  }
  return address_on(container.networks.at(first));
}

void AddressChooser::report(const Container& container, Severity severity, std::string field,
                            std::string message) {
  config::Diagnostic diagnostic{severity, "docker", container.title(), std::move(field),
                                std::move(message)};
  // A container with several services asks several times.
  if (std::ranges::find(diagnostics_, diagnostic) == diagnostics_.end()) {
    diagnostics_.push_back(std::move(diagnostic));
  }
}

}  // namespace fairlead::providers::docker
