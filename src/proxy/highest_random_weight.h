// A service that gives each client address one of several services (weighted rendezvous, with
// Traefik's score): a service that comes or goes moves only its own clients. One of which no server
// is known to be well is passed over. Immutable, shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/middleware.h"

namespace fairlead::proxy {

struct HashedChild {
  std::shared_ptr<const pipeline::Handler> service;
  std::string name;
  int64_t weight = 1;
};

class HighestRandomWeightService final : public pipeline::Handler {
 public:
  explicit HighestRandomWeightService(std::vector<HashedChild> children)
      : children_(std::move(children)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;
  bool is_available(io::TimePoint now) const override;

 private:
  std::vector<HashedChild> children_;
};

}  // namespace fairlead::proxy
