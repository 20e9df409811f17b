// Tells the cluster: our addresses in the status of Ingresses, and Events about what is wrong. Only
// while leading; in shadow mode the status that would be written is logged. Writes are spread over
// time, and nothing is written that is there already. Runs as one coroutine; control thread;
// client, store and translator outlive it.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "io/wait.h"
#include "providers/kubernetes/api_client.h"
#include "providers/kubernetes/leader.h"
#include "providers/kubernetes/translator.h"

namespace fairlead::providers::kubernetes {

struct ReporterSettings {
  enum class Status : uint8_t { off, shadow, write };
  Status status = Status::write;
  bool writes_events = true;
  std::vector<std::string> ips, hostnames;
  std::string published_service;  // "namespace/name"
  io::Duration pause{20};         // between two writes
};

// What stands in the status for a Service, by its type. Pure.
std::vector<Address> addresses_of(const Service& service);

class Reporter {
 public:
  Reporter(ReporterSettings settings, ApiClient& client, const ObjectStore& store,
           const Translator& translator, const Leader& leader);

  io::Task<void> run(io::Scope& scope);
  // Something changed that may have to be told.
  void look_again() { changed_.set(); }
  io::Event& changed() { return changed_; }

 private:
  struct Job {
    std::string method, path, body, type;
  };
  struct Told {
    std::set<Finding> findings;
    io::TimePoint at{};
  };

  std::vector<Address> wanted_addresses(bool& is_known) const;
  std::deque<Job> status_jobs();
  std::deque<Job> event_jobs();
  Job status_job(const std::string& key, const std::vector<Address>& addresses) const;
  Job event_job(const Subject& subject, const Finding& finding);
  bool is_worth_writing(const Ingress& ingress, const std::vector<Address>& wanted);

  ReporterSettings settings_;
  ApiClient& client_;
  const ObjectStore& store_;
  const Translator& translator_;
  const Leader& leader_;
  io::Event changed_;
  std::set<std::string> written_;                         // Ingresses that carry our addresses
  std::map<std::string, std::vector<Address>> shadowed_;  // what shadow mode has logged
  std::map<Subject, Told> told_;
  uint64_t events_ = 0;
};

}  // namespace fairlead::providers::kubernetes
