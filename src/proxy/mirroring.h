// A service that answers like another one and shows some of the requests to further services, whose
// answers nobody sees. Mirrors run beside the request and take what they miss out of a bounded
// store: they neither delay the request nor make it fail. Immutable, shared by all workers; which
// requests are shown is counted exactly over all workers.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/middleware.h"
#include "proxy/tee_body.h"
#include "upstream/balancer.h"

namespace fairlead::proxy {

struct MirroringSettings {
  bool mirrors_body = true;
  int64_t max_body_size = -1;  // a request with a longer body is not mirrored; -1: no such limit
  io::SlotId count;            // per worker: MirrorCount
};

class MirroringService final : public pipeline::Handler {
 public:
  struct Mirror {
    std::shared_ptr<const pipeline::Handler> service;
    unsigned percent = 0;
  };

  MirroringService(MirroringSettings settings, std::shared_ptr<const pipeline::Handler> service,
                   std::vector<Mirror> mirrors, std::shared_ptr<upstream::BalancerState> state)
      : settings_(settings),
        service_(std::move(service)),
        mirrors_(std::move(mirrors)),
        state_(std::move(state)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;
  bool is_available(io::TimePoint now) const override { return service_->is_available(now); }

 private:
  bool may_mirror(const pipeline::Exchange& x) const;
  void mirror(pipeline::Exchange& x) const;

  MirroringSettings settings_;
  std::shared_ptr<const pipeline::Handler> service_;
  std::vector<Mirror> mirrors_;
  std::shared_ptr<upstream::BalancerState> state_;
};

}  // namespace fairlead::proxy
