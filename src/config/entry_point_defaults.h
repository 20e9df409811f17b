// What entry points add to the routers on them: the default set for routers that name none,
// middlewares in front of every router, TLS for those without. Values from the static
// configuration; applied while merging.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/dynamic.h"

namespace fairlead::config {

struct EntryPointDefaults {
  struct EntryPoint {
    std::string name;
    bool is_udp = false;
    bool is_default = false;  // asDefault, as configured
    std::vector<std::string>
        middlewares;  // http.middlewares; without @ they are the router's provider's
    std::optional<RouterTlsSpec> tls;  // http.tls
    ObservabilitySpec observability;
    bool adds_anything() const;
  };
  std::vector<EntryPoint> entry_points;

  // Where a router goes that names no entry point: those with asDefault, or else all but "traefik"
  // (and "fairlead", the administrative one). UDP routers go to every UDP entry point.
  std::vector<std::string> defaults() const;
  std::vector<std::string> udp_defaults() const;
};

// Routers get their default entry points, then what their entry points add. A router on several
// entry points of which one adds something becomes one router for each such entry point, "<entry
// point>-<name>", and one with the plain name for the rest. Collisions are reported and the made-up
// router is left out.
void apply_entry_points(const EntryPointDefaults& defaults, DynamicConfig& config);

}  // namespace fairlead::config
