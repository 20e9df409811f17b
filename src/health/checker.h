// Watches over the servers of the HealthTable: runs the active checks of those that have one, pings
// those that workers wonder about, and brings back those that were taken out of the rotation, as
// soon as they are well. Says so in the log, once for each change. Owned by the process; control
// thread; reads the table's entries, and outlives none of them.
#pragma once

#include <map>
#include <random>
#include <set>

#include "fetch/client.h"
#include "io/resolver.h"
#include "upstream/health_table.h"

namespace fairlead::health {

class Checker {
 public:
  Checker(upstream::HealthTable& table, fetch::Client& fetch) : table_(table), fetch_(fetch) {}
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // Until the scope is cancelled. Everything else may be called only while it runs.
  io::Task<void> run(io::Scope& scope);
  // The configuration has changed: starts the checks that are new. Those that are gone end.
  void reconcile();
  // Some server needs attention (HealthAlarm).
  void attend() { attention_.set(); }
  // Every server with a check has had its first verdict.
  bool has_first_verdicts() const;

 private:
  using Entry = upstream::HealthTable::Entry;
  using EntryPtr = upstream::HealthTable::EntryPtr;
  using CheckPtr = std::shared_ptr<const upstream::HealthCheck>;

  void look(const EntryPtr& entry);
  void report(const EntryPtr& entry);
  io::Task<void> check(EntryPtr entry, CheckPtr check);
  void judge(const Entry& entry, const upstream::HealthCheck& check,
             const std::optional<std::string>& fault, unsigned& in_row);
  io::Task<void> ping(EntryPtr entry);
  io::Task<void> watch(EntryPtr entry);
  io::Task<bool> is_back(const EntryPtr& entry);
  io::Duration jittered(io::Duration interval);
  io::TimePoint now() const { return io::Loop::current()->now(); }

  upstream::HealthTable& table_;
  fetch::Client& fetch_;
  io::Scope* scope_ = nullptr;
  io::Resolver resolver_;
  io::Event attention_;
  std::set<std::pair<const Entry*, const upstream::HealthCheck*>> checked_;
  std::set<const Entry*> watched_, pinged_;
  std::map<const Entry*, upstream::Ejection> reported_;
  size_t checks_under_way_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace fairlead::health
