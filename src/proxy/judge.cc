#include "proxy/judge.h"

#include <algorithm>
#include <cerrno>

namespace fairlead::proxy {
namespace {

using upstream::Ejection;
using upstream::Endpoint;
using upstream::EndpointHealth;

// How long a suspect stays out at least; doubles when it comes back no better.
constexpr io::Duration kSuspicion{1000};
// A ping takes no longer than this from a server that is alive.
constexpr io::Duration kPingPatience{200};
// So many requests must wait before a server that still answers pings is called stuck.
constexpr uint32_t kWaitsOfStuck = 3;
// Shares of errors, of 1024.
constexpr uint32_t kTooManyErrors = EndpointHealth::kAllErrors * 3 / 4;
constexpr uint32_t kFewErrors = EndpointHealth::kAllErrors / 4;

// The fault is on this machine: no descriptors, no ports, no memory.
bool is_local_trouble(const Error& error) {
  switch (error.os) {
    case EADDRNOTAVAIL:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return true;
    default:
      return false;
  }
}

bool is_no_connection(const Error& error) {
  return error.stage == Stage::connect && error.retry == Retry::always &&
         (error.code == Code::refused || error.code == Code::unreachable ||
          error.code == Code::upstream_connect_timeout || error.code == Code::reset);
}

}  // namespace

bool Judge::has_well_peer(const Endpoint& endpoint) const {
  return std::ranges::any_of(endpoints_, [&](const Endpoint& peer) {
    return &peer != &endpoint && peer.weight > 0 && !peer.is_fenced &&
           (peer.health == nullptr || peer.health->is_up());
  });
}

bool Judge::has_peer_that_answered(const Endpoint& endpoint, io::TimePoint since,
                                   bool counts_pings) const {
  return std::ranges::any_of(endpoints_, [&](const Endpoint& peer) {
    if (&peer == &endpoint || peer.health == nullptr || !peer.health->is_up()) return false;
    return (counts_pings ? peer.health->last_sign() : peer.health->last_answer()) >= since;
  });
}

bool Judge::do_peers_err_less(const Endpoint& endpoint) const {
  uint32_t sum = 0, peers = 0;
  for (const Endpoint& peer : endpoints_) {
    if (&peer == &endpoint || peer.health == nullptr || !peer.health->is_up()) continue;
    sum += peer.health->error_score();
    ++peers;
  }
  return peers != 0 && sum / peers < kFewErrors;
}

void Judge::suspect(const Endpoint& endpoint, Ejection why, io::TimePoint now,
                    io::Duration at_least) const {
  if (!has_well_peer(endpoint)) return;
  size_t out = 0;
  for (const Endpoint& one : endpoints_) out += one.health != nullptr && one.health->is_ejected();
  if (out + 1 > std::max<size_t>(1, endpoints_.size() / 2)) return;
  endpoint.health->eject(why, now, at_least);
}

void Judge::judge_server_error(const Endpoint& endpoint, io::TimePoint now) const {
  if (check_ != nullptr) {
    if (endpoint.health->note_failure_in_window(now, check_->window, check_->most))
      suspect(endpoint, Ejection::failing, now, check_->window);
    return;
  }
  if (endpoint.health->error_score() < kTooManyErrors) return;
  if (do_peers_err_less(endpoint)) suspect(endpoint, Ejection::failing, now, kSuspicion);
}

void Judge::failed(const Endpoint& endpoint, const Error& error, io::TimePoint now) const {
  if (endpoint.health == nullptr || error.side == Side::client || is_local_trouble(error)) return;
  if (error.code == Code::cancelled || error.code == Code::request_total_timeout) return;
  // A connection in use that the server closed in the same moment says nothing of the server.
  if (error.retry == Retry::if_reused || error.code == Code::h2_stream_refused) return;
  if (is_no_connection(error)) {
    // With nobody to go to instead there is no rush: the next request tries again.
    endpoint.health->eject(Ejection::unreachable, now);
    return;
  }
  if (error.side == Side::upstream) count_failure(endpoint, endpoint.health->note_broken(), now);
}

void Judge::ended(const Endpoint& endpoint, bool is_torn, io::TimePoint now) const {
  if (endpoint.health == nullptr) return;
  bool is_one_too_many = endpoint.health->note_end(is_torn);
  if (is_torn) count_failure(endpoint, is_one_too_many, now);
}

void Judge::count_failure(const Endpoint& endpoint, bool is_one_too_many, io::TimePoint now) const {
  io::Duration out = kSuspicion;
  if (check_ != nullptr) {
    out = check_->window;
    is_one_too_many = endpoint.health->note_failure_in_window(now, check_->window, check_->most);
  }
  if (is_one_too_many) suspect(endpoint, Ejection::broken, now, out);
}

bool Judge::is_unresponsive(const Endpoint& endpoint, io::TimePoint since, io::TimePoint now,
                            io::Duration patience, io::Duration long_patience) const {
  if (endpoint.health == nullptr) return false;
  EndpointHealth& health = *endpoint.health;
  Ejection out = health.ejection();
  bool speaks = out == Ejection::failing || out == Ejection::broken;
  if (out != Ejection::none) return !speaks && has_well_peer(endpoint);
  if (!has_well_peer(endpoint)) return false;
  // It spoke a moment ago: this request is slow, its server is not dead.
  bool is_quiet = now - health.last_sign() >= patience / 2 && now - since >= patience / 2;
  if (is_quiet) {
    health.ask_for_ping(now);
    // Where requests are few, pings tell how the peers are.
    for (const Endpoint& peer : endpoints_) {
      bool is_stale = &peer != &endpoint && peer.health != nullptr && peer.health->is_up() &&
                      now - peer.health->last_sign() >= patience / 2;
      if (is_stale) peer.health->ask_for_ping(now);
    }
  }
  bool is_silent = is_quiet && now - since >= patience && now - health.last_sign() >= patience &&
                   health.is_ping_unanswered(now, std::max(kPingPatience, patience / 2)) &&
                   has_peer_that_answered(endpoint, now - patience, true);
  if (is_silent) {
    health.eject(Ejection::silent, now);
    return true;
  }
  bool is_stuck = now - since >= long_patience && now - health.last_answer() >= long_patience &&
                  health.long_waits() >= kWaitsOfStuck &&
                  has_peer_that_answered(endpoint, now - patience, false);
  if (is_stuck) suspect(endpoint, Ejection::stuck, now, kSuspicion);
  return is_stuck && health.is_ejected();
}

}  // namespace fairlead::proxy
