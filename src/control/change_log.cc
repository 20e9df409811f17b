#include "control/change_log.h"

#include <string_view>

namespace fairlead::control {
namespace {

constexpr size_t kNamesKept = 200;  // of each list of a change, so that the log stays small

class Comparison {
 public:
  explicit Comparison(const std::string& provider) { change_.provider = provider; }

  // Walks two sorted maps side by side.
  template <class Map>
  void section(std::string_view word, const Map& before, const Map& after) {
    auto old_at = before.begin();
    auto new_at = after.begin();
    while (old_at != before.end() || new_at != after.end()) {
      bool is_gone =
          new_at == after.end() || (old_at != before.end() && old_at->first < new_at->first);
      bool is_new =
          old_at == before.end() || (new_at != after.end() && new_at->first < old_at->first);
      if (is_gone) {
        note(removed_, word, (old_at++)->first);
      } else if (is_new) {
        note(added_, word, (new_at++)->first);
      } else {
        if (!(old_at->second == new_at->second)) note(changed_, word, new_at->first);
        ++old_at;
        ++new_at;
      }
    }
  }

  void certificates(const config::Objects& before, const config::Objects& after) {
    if (before.certificates == after.certificates) return;
    ++changed_.count;
    changed_.names.push_back("certificates of " + change_.provider);
  }

  Change take() {
    change_.added = finished(added_);
    change_.removed = finished(removed_);
    change_.changed = finished(changed_);
    return std::move(change_);
  }

 private:
  struct Names {
    std::vector<std::string> names;
    size_t count = 0;
  };

  void note(Names& list, std::string_view word, const std::string& name) {
    if (++list.count > kNamesKept) return;
    list.names.push_back(std::string(word) + " " + name + "@" + change_.provider);
  }
  static std::vector<std::string> finished(Names& list) {
    if (list.count > list.names.size()) {
      list.names.push_back("and " + std::to_string(list.count - list.names.size()) + " more");
    }
    return std::move(list.names);
  }

  Change change_;
  Names added_, removed_, changed_;
};

}  // namespace

Change difference(const std::string& provider, const config::Objects& before,
                  const config::Objects& after) {
  Comparison compare(provider);
  compare.section("router", before.routers, after.routers);
  compare.section("service", before.services, after.services);
  compare.section("middleware", before.middlewares, after.middlewares);
  compare.section("serversTransport", before.servers_transports, after.servers_transports);
  compare.section("TCP router", before.tcp_routers, after.tcp_routers);
  compare.section("TCP service", before.tcp_services, after.tcp_services);
  compare.section("TCP middleware", before.tcp_middlewares, after.tcp_middlewares);
  compare.section("TCP serversTransport", before.tcp_servers_transports,
                  after.tcp_servers_transports);
  compare.section("UDP router", before.udp_routers, after.udp_routers);
  compare.section("UDP service", before.udp_services, after.udp_services);
  compare.section("TLS options", before.tls_options, after.tls_options);
  compare.section("TLS store", before.tls_stores, after.tls_stores);
  compare.certificates(before, after);
  return compare.take();
}

void ChangeLog::add(Change change) {
  entries_.push_back(std::move(change));
  if (entries_.size() > kKept) entries_.pop_front();
}

}  // namespace fairlead::control
