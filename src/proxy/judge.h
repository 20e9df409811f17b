// Judges servers by what requests to them show, and takes those out of the rotation that do worse
// than their peers. Facts (nobody listens, no answer even to a ping) count by themselves; what is
// only suspected never takes out more than half of a service. Any worker.
#pragma once

#include <span>

#include "base/result.h"
#include "upstream/endpoint.h"

namespace fairlead::proxy {

// passiveHealthCheck: so many failures (no answer, or a status of 500 and above) within the window
// take a server out for the rest of it.
struct PassiveCheck {
  io::Duration window{10'000};
  uint32_t most = 1;
};

class Judge {
 public:
  // The endpoints outlive the judge. `check` may be null.
  Judge(std::span<const upstream::Endpoint> endpoints, const PassiveCheck* check)
      : endpoints_(endpoints), check_(check) {}

  void answered(const upstream::Endpoint& endpoint, unsigned status, io::TimePoint now) const {
    if (endpoint.health == nullptr) return;
    bool is_error = status >= 500 && status <= 504 && status != 501;
    endpoint.health->note_answer(now, is_error);
    if (status >= 500) [[unlikely]]
      judge_server_error(endpoint, now);
  }
  // An attempt ended without a response head.
  void failed(const upstream::Endpoint& endpoint, const Error& error, io::TimePoint now) const;
  // The body of an answer came to its end, or broke off through the server's fault.
  void ended(const upstream::Endpoint& endpoint, bool is_torn, io::TimePoint now) const;
  // A request has waited at `endpoint` since `since`. True when it should go elsewhere; `patience`
  // is for a server that does not even answer pings, `long_patience` for one that does.
  bool is_unresponsive(const upstream::Endpoint& endpoint, io::TimePoint since, io::TimePoint now,
                       io::Duration patience, io::Duration long_patience) const;

 private:
  void count_failure(const upstream::Endpoint& endpoint, bool is_one_too_many,
                     io::TimePoint now) const;
  void judge_server_error(const upstream::Endpoint& endpoint, io::TimePoint now) const;
  void suspect(const upstream::Endpoint& endpoint, upstream::Ejection why, io::TimePoint now,
               io::Duration at_least) const;
  bool has_well_peer(const upstream::Endpoint& endpoint) const;
  bool has_peer_that_answered(const upstream::Endpoint& endpoint, io::TimePoint since,
                              bool counts_pings) const;
  bool do_peers_err_less(const upstream::Endpoint& endpoint) const;

  std::span<const upstream::Endpoint> endpoints_;
  const PassiveCheck* check_;
};

}  // namespace fairlead::proxy
