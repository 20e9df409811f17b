// How a service chooses among its endpoints. Immutable and shared by all workers; what changes (a
// cursor, averages) is state that outlives reloads: shared by all workers in BalancerState, or in a
// worker's slot.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "io/worker_context.h"
#include "upstream/endpoint.h"

namespace fairlead::upstream {

// One per service identity; survives every reload that keeps the service's name.
struct BalancerState {
  std::atomic<uint64_t> cursor{0};
  // By server, for the strategies that need them. Control thread only.
  std::map<std::string, std::shared_ptr<EndpointLoad>, std::less<>> loads;

  std::shared_ptr<EndpointLoad> load(const std::string& url);
  // Those of servers that no configuration has any more.
  void forget_unused_loads();
};

// What a consistent hash is taken of.
struct HashKey {
  enum class Of : uint8_t { client, header, cookie, query };
  Of of = Of::client;
  std::string name;  // of the header, cookie or query parameter
};

// What a choice may depend on.
struct PickContext {
  io::WorkerContext& worker;
  const io::Address* peer = nullptr;
  std::span<const Endpoint* const> tried;  // endpoints that this request has failed on already
  // Nobody well is left: whoever has not been tried may be chosen.
  bool is_last_resort = false;
  const http::RequestHead* request = nullptr;

  bool was_tried(const Endpoint& endpoint) const {
    for (const Endpoint* one : tried) {
      if (one == &endpoint) return true;
    }
    return false;
  }
  // What every balancer asks of an endpoint before it chooses it.
  bool may_take(const Endpoint& endpoint) const {
    if (!is_last_resort && !endpoint.takes_requests(worker.loop().now())) return false;
    return tried.empty() || !was_tried(endpoint);
  }
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  // Null when there is no endpoint left that may_take() allows.
  virtual const Endpoint* pick(const PickContext& context) const = 0;
};

// What src/upstream/balancers/<name>.cc exports; list.inc names every balancer.
struct BalancerType {
  std::string_view name;  // "wrr"
  struct Settings {
    std::shared_ptr<BalancerState> state;
    HashKey hash_key;
  };
  // The endpoints outlive the balancer and have weights above 0.
  std::unique_ptr<const Balancer> (*make)(std::span<const Endpoint* const> endpoints,
                                          Settings settings);
  bool needs_load = false;  // Endpoint::load must be there
};

const BalancerType* find_balancer(std::string_view name);
std::span<const BalancerType* const> all_balancers();

}  // namespace fairlead::upstream
