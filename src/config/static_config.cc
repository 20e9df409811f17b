#include "config/static_config.h"

#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::config {
namespace {

bool is_writable_directory(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         ::access(path.c_str(), W_OK | X_OK) == 0;
}

// `path` is there, or its parent lets us make it.
bool is_usable(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) return is_writable_directory(path);
  return is_writable_directory(path.substr(0, path.rfind('/')));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::vector<std::string> default_entry_points(const StaticConfig& config) {
  std::vector<std::string> chosen, all;
  for (const auto& [name, entry_point] : config.entry_points) {
    if (entry_point.listen.is_udp) continue;
    if (entry_point.is_default) chosen.push_back(name);
    if (name != kInternalEntryPoint) all.push_back(name);
  }
  return chosen.empty() ? all : chosen;
}

std::vector<std::string> udp_entry_points(const StaticConfig& config) {
  std::vector<std::string> names;
  for (const auto& [name, entry_point] : config.entry_points) {
    if (entry_point.listen.is_udp) names.push_back(name);
  }
  return names;
}

LimitsConfig limits_for(const StaticConfig& config, const EntryPoint& entry_point) {
  LimitsConfig limits = config.limits;
  const EntryPointTransport& transport = entry_point.transport;
  // What bounds a request's whole answer is the tighter of the two.
  if (auto write = transport.responding_timeouts.write; write && write->count() > 0) {
    bool is_tighter = limits.request_total.count() == 0 || *write < limits.request_total;
    if (is_tighter) limits.request_total = *write;
  }
  limits.keepalive = transport.responding_timeouts.idle.value_or(limits.keepalive);
  limits.drain = transport.life_cycle.grace_timeout.value_or(limits.drain);
  return limits;
}

std::string state_dir(const StaticConfig& config) {
  if (!config.state_dir.empty()) return config.state_dir;
  const std::string system = "/var/lib/fairlead";
  if (is_usable(system)) return system;
  std::string base = environment("XDG_STATE_HOME");
  if (!base.starts_with('/')) return "";
  return is_usable(base + "/fairlead") ? base + "/fairlead" : "";
}

}  // namespace fairlead::config
