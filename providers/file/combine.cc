#include "providers/file/combine.h"

#include <string_view>

namespace fairlead::providers::file {

void Combination::add(const std::string& path, const config::Objects& objects,
                      const config::Diagnostics& diagnostics) {
  config::Diagnostics& out = fragment_.diagnostics;
  out.insert(out.end(), diagnostics.begin(), diagnostics.end());
  auto section = [&](std::string_view word, const auto& from, auto& into) {
    for (const auto& [name, spec] : from) {
      std::string object = std::string(word) + " " + name;
      auto [owner, is_new] = owners_.emplace(object, path);
      if (is_new) {
        into.emplace(name, spec);
      } else {
        out.push_back({config::Severity::error, "file:" + path, object, "",
                       "is also defined in " + owner->second + ", which comes first and counts"});
      }
    }
  };
  config::Objects& all = fragment_.objects;
  section("router", objects.routers, all.routers);
  section("service", objects.services, all.services);
  section("middleware", objects.middlewares, all.middlewares);
  section("serversTransport", objects.servers_transports, all.servers_transports);
  section("TCP router", objects.tcp_routers, all.tcp_routers);
  section("TCP service", objects.tcp_services, all.tcp_services);
  section("TCP middleware", objects.tcp_middlewares, all.tcp_middlewares);
  section("TCP serversTransport", objects.tcp_servers_transports, all.tcp_servers_transports);
  section("UDP router", objects.udp_routers, all.udp_routers);
  section("UDP service", objects.udp_services, all.udp_services);
  section("TLS options", objects.tls_options, all.tls_options);
  section("TLS store", objects.tls_stores, all.tls_stores);
  all.certificates.insert(all.certificates.end(), objects.certificates.begin(),
                          objects.certificates.end());
}

}  // namespace fairlead::providers::file
