#include "admin/changes.h"

namespace fairlead::admin {
namespace {

template <class Spec>
void compare(std::string_view section, const std::map<std::string, Spec>& before,
             const std::map<std::string, Spec>& after, Change& out) {
  auto full = [&](const std::string& name) { return std::string(section) + "." + name; };
  for (const auto& [name, spec] : before) {
    auto still = after.find(name);
    if (still == after.end()) {
      out.removed.push_back(full(name));
    } else if (!(still->second == spec)) {
      out.changed.push_back(full(name));
    }
  }
  for (const auto& [name, spec] : after) {
    if (!before.contains(name)) out.added.push_back(full(name));
  }
}

}  // namespace

Change changes_between(const config::Objects& before, const config::Objects& after) {
  Change out;
  compare("http.routers", before.routers, after.routers, out);
  compare("http.services", before.services, after.services, out);
  compare("http.middlewares", before.middlewares, after.middlewares, out);
  compare("http.serversTransports", before.servers_transports, after.servers_transports, out);
  compare("tcp.routers", before.tcp_routers, after.tcp_routers, out);
  compare("tcp.services", before.tcp_services, after.tcp_services, out);
  compare("tcp.middlewares", before.tcp_middlewares, after.tcp_middlewares, out);
  compare("tcp.serversTransports", before.tcp_servers_transports, after.tcp_servers_transports,
          out);
  compare("udp.routers", before.udp_routers, after.udp_routers, out);
  compare("udp.services", before.udp_services, after.udp_services, out);
  compare("tls.options", before.tls_options, after.tls_options, out);
  compare("tls.stores", before.tls_stores, after.tls_stores, out);
  if (!(before.certificates == after.certificates)) out.changed.push_back("tls.certificates");
  return out;
}

}  // namespace fairlead::admin
