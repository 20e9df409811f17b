// What entry points add to the routers on them: the default set for routers that name none,
// middlewares in front of every router, TLS for those without. Values from the static
// configuration; applied while merging.
#pragma once

#include <optional>
#include <string>
#include <utility>
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

// A router with what its entry points add. One on several entry points of which some add something
// becomes one router for each of those, "<entry point>-<name>", and one with the plain name for the
// rest.
struct PlacedRouter {
  RouterSpec router;
  bool is_replaced = false;  // by the copies: nothing is left under the plain name
  struct Copy {
    size_t entry_point;  // number among EntryPointExpansion::adding()
    std::string name;
    RouterSpec router;
  };
  std::vector<Copy> copies;
};

class EntryPointExpansion {
 public:
  explicit EntryPointExpansion(const EntryPointDefaults& defaults);

  // `name` is qualified.
  PlacedRouter place(const std::string& name, RouterSpec router) const;
  // The entry points that add anything.
  const std::vector<EntryPointDefaults::EntryPoint>& adding() const { return adding_; }
  // TCP and UDP routers get their default entry points.
  void place_streams(OtherObjects& objects) const;

 private:
  const EntryPointDefaults::EntryPoint* find_adding(const std::string& name) const;

  std::vector<std::string> fallback_, udp_fallback_;
  std::vector<EntryPointDefaults::EntryPoint> adding_;
};

}  // namespace fairlead::config
