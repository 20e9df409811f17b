#include "upstream/health_table.h"

namespace fairlead::upstream {

HealthTable::EntryPtr HealthTable::entry(const std::string& service, const Endpoint& endpoint,
                                         std::shared_ptr<const HealthCheck> check) {
  Key key{service, endpoint.url};
  auto found = entries_.find(key);
  EntryPtr entry = found == entries_.end() ? nullptr : found->second;
  if (entry == nullptr) {
    auto made = std::make_shared<Entry>();
    made->service = service;
    made->url = endpoint.url;
    made->scheme = endpoint.scheme;
    made->host = endpoint.host;
    made->port = endpoint.port;
    made->address = endpoint.address;
    made->health = std::make_shared<EndpointHealth>(alarm_);
    entry = std::move(made);
    std::lock_guard lock(mutex_);
    entries_.emplace(std::move(key), entry);
  }
  bool is_same = (entry->check == nullptr) == (check == nullptr) &&
                 (check == nullptr || *entry->check == *check);
  if (!is_same) {
    // A check that replaces another keeps the verdict until it has its own.
    if (check == nullptr) entry->health->forget_checks();
    if (entry->check == nullptr && check != nullptr) entry->health->await_first_check();
    entry->check = std::move(check);
  }
  mark(*entry);
  return entry;
}

void HealthTable::sweep() {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& one) { return one.second->used_by != version_; });
}

std::vector<HealthTable::EntryPtr> HealthTable::entries() const {
  std::vector<EntryPtr> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(entry);
  return all;
}

bool HealthTable::has(const Entry& entry) const {
  auto found = entries_.find({entry.service, entry.url});
  return found != entries_.end() && found->second.get() == &entry;
}

std::optional<bool> HealthTable::is_up(const std::string& service, const std::string& url) const {
  std::lock_guard lock(mutex_);
  auto found = entries_.find({service, url});
  if (found == entries_.end()) return std::nullopt;
  return found->second->health->is_up();
}

void HealthTable::for_each(const std::function<void(const Entry&, bool)>& visit) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) visit(*entry, entry->health->is_up());
}

}  // namespace fairlead::upstream
