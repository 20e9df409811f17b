// The health of every server of every service, by identity (service, URL). The compiler asks for
// what the configuration names and sweeps what it no longer names; the health checker watches over
// what is here; scrapes and the API look. Owned by the process; control thread except where said.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "upstream/endpoint.h"
#include "upstream/health.h"
#include "upstream/health_check.h"

namespace fairlead::upstream {

class HealthTable {
 public:
  struct Entry {
    std::string service;  // qualified
    std::string url;
    // Where to find it, for probes.
    std::string scheme, host;
    uint16_t port = 0;
    std::optional<io::Address> address;
    std::shared_ptr<const HealthCheck> check;  // null when there is none
    std::shared_ptr<EndpointHealth> health;
    uint64_t used_by = 0;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  HealthAlarm& alarm() { return *alarm_; }

  // Around each compilation, as for SlotRegistry.
  void begin(uint64_t version) { version_ = version; }
  // The entry of a server, marked as used; with a check that is new, its first verdict is awaited.
  EntryPtr entry(const std::string& service, const Endpoint& endpoint,
                 std::shared_ptr<const HealthCheck> check);
  void mark(Entry& entry) { entry.used_by = version_; }
  void sweep();

  std::vector<EntryPtr> entries() const;
  // Still named by the configuration.
  bool has(const Entry& entry) const;

  // Any thread.
  std::optional<bool> is_up(const std::string& service, const std::string& url) const;
  void for_each(const std::function<void(const Entry&, bool is_up)>& visit) const;

 private:
  using Key = std::pair<std::string, std::string>;

  std::shared_ptr<HealthAlarm> alarm_ = std::make_shared<HealthAlarm>();
  mutable std::mutex mutex_;  // of the map; the control thread alone changes it
  std::map<Key, EntryPtr> entries_;
  uint64_t version_ = 0;
};

}  // namespace fairlead::upstream
