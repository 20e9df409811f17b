// At which address a container is reached. Never a matter of chance: the network asked for, else
// one that Fairlead is attached to, else the first by name, with a warning that names the others.
// Pure; any thread.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "config/diagnostics.h"
#include "providers/docker/inventory.h"

namespace fairlead::providers::docker {

// Where Fairlead itself stands.
struct Surroundings {
  std::string default_network;  // the option "network"
  bool uses_bind_port_ip = false;
  bool knows_own_networks =
      false;  // Fairlead runs in a container of this Engine, with its own addresses
  std::set<std::string> own_networks;
  std::string host_address = "127.0.0.1";  // what reaches services in host mode
};

struct Place {
  std::string host;  // an address (IPv6 without brackets) or a name
  uint16_t port = 0;
  bool operator==(const Place&) const = default;
};

enum class Protocol : uint8_t { tcp, udp };

class AddressChooser {
 public:
  AddressChooser(const Inventory& inventory, const Surroundings& surroundings,
                 config::Diagnostics& diagnostics)
      : inventory_(inventory), surroundings_(surroundings), diagnostics_(diagnostics) {}

  // `network` is the container's label docker.network. nullopt: not reachable, and reported.
  std::optional<Place> place(const Container& container, uint16_t port, Protocol protocol,
                             const std::string& network);

 private:
  std::optional<Place> bound_place(const Container& container, uint16_t port, Protocol protocol);
  std::string address(const Container& container, const std::string& network);
  std::string borrowed_address(const Container& container, const std::string& network);
  std::string address_of_choice(const Container& container, const std::set<std::string>& usable);
  void report(const Container& container, config::Severity severity, std::string field,
              std::string message);

  const Inventory& inventory_;
  const Surroundings& surroundings_;
  config::Diagnostics& diagnostics_;
};

}  // namespace fairlead::providers::docker
