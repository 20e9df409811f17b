// The static configuration: what is read once at start. Traefik's names and defaults, plus
// Fairlead's own `workers`, `stateDir`, `limits` and `demo`. Decoding needs no files and has no
// side effects. Values, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/entry_point.h"
#include "config/node.h"
#include "config/static_providers.h"
#include "config/static_sections.h"

namespace fairlead::config {

// The entry point of ping, metrics and the insecure API unless they name another.
inline constexpr std::string_view kInternalEntryPoint = "traefik";

struct StaticConfig {
  std::map<std::string, EntryPoint> entry_points;
  ProvidersConfig providers;
  LogConfig log;
  std::optional<AccessLogConfig> access_log;
  MetricsConfig metrics;
  std::optional<Node> tracing;
  std::optional<PingConfig> ping;
  std::optional<ApiConfig> api;
  GlobalConfig global;
  ServersTransportConfig servers_transport;
  std::optional<Node> tcp_servers_transport, spiffe, certificates_resolvers, experimental, ocsp;
  CoreConfig core;
  std::optional<HostResolverConfig> host_resolver;

  int64_t workers = 0;    // 0: one per CPU
  std::string state_dir;  // as written; state_dir() resolves it
  LimitsConfig limits;
  bool demo = false;

  bool operator==(const StaticConfig&) const = default;
};

// Reads the merged tree of all sources; unknown keys are errors whose source is where the value
// stands. Applies the implicit rules: entry point `http` on :80 when none is declared, `traefik` on
// :8080 when something needs it. With an error among `diagnostics` the result is not to be served.
StaticConfig decode_static(const Node& document, Diagnostics& diagnostics);

enum class Secrets : uint8_t { shown, masked };
// Every option, defaults included, with Traefik's spelling. Absent sections are left out.
Node encode_static(const StaticConfig& config, Secrets secrets = Secrets::shown);

// Where routers without `entryPoints` are served: the TCP ones with asDefault, else all TCP ones
// but `traefik`.
std::vector<std::string> default_entry_points(const StaticConfig& config);
std::vector<std::string> udp_entry_points(const StaticConfig& config);

// `limits` with what the entry point's transport section sets itself.
LimitsConfig limits_for(const StaticConfig& config, const EntryPoint& entry_point);

// Where the last good configuration is kept: `stateDir`; else /var/lib/fairlead or
// $XDG_STATE_HOME/fairlead, whichever exists or could be made; "" when there is none. Makes
// nothing.
std::string state_dir(const StaticConfig& config);

}  // namespace fairlead::config
