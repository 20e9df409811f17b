// Which of several replicas writes to the cluster: a Lease of coordination.k8s.io. Whoever holds it
// renews it; the others take it over when it has not been renewed for its duration by their own
// clock. Losing it stops writing and nothing else: every replica serves. Runs as one coroutine;
// control thread; the client outlives it.
#pragma once

#include <string>

#include "io/wait.h"
#include "providers/kubernetes/api_client.h"

namespace fairlead::providers::kubernetes {

class Leader {
 public:
  struct Settings {
    std::string space, name;
    std::string identity;
    bool is_disabled = false;  // then this one always leads
    io::Duration duration{15'000}, renew{5'000}, retry{2'000};
  };

  // `changed` is set when leadership comes or goes.
  Leader(Settings settings, ApiClient& client, io::Event& changed)
      : settings_(std::move(settings)), client_(client), changed_(changed) {}

  io::Task<void> run(io::Scope& scope);
  bool is_leading() const { return is_leading_; }
  const std::string& identity() const { return settings_.identity; }

 private:
  io::Task<bool> try_lead(io::Scope& scope);
  io::Task<void> resign();
  Json lease(const Json& old, bool is_leaving) const;
  std::string path() const;
  void set_leading(bool is_leading);

  Settings settings_;
  ApiClient& client_;
  io::Event& changed_;
  bool is_leading_ = false;
  std::string seen_version_;  // of somebody else's Lease, and since when
  io::TimePoint seen_at_{}, renewed_at_{};
};

// "2026-08-01T12:00:00.000000Z", now.
std::string micro_time();
// Of this process: the pod's name, or host and process.
std::string own_identity();

}  // namespace fairlead::providers::kubernetes
