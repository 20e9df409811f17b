// A service with middlewares of its own: they run after the router's and before a server is chosen.
// Immutable, shared by all workers.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/middleware.h"

namespace fairlead::proxy {

class GuardedService final : public pipeline::Handler {
 public:
  GuardedService(std::vector<std::shared_ptr<const pipeline::Middleware>> links,
                 std::shared_ptr<const pipeline::Handler> service)
      : owned_(std::move(links)), service_(std::move(service)) {
    for (const auto& link : owned_) chain_.push_back(link.get());
  }

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    return pipeline::Next(chain_, *service_)(x);
  }
  bool is_available(io::TimePoint now) const override { return service_->is_available(now); }

 private:
  std::vector<std::shared_ptr<const pipeline::Middleware>> owned_;
  std::vector<const pipeline::Middleware*> chain_;
  std::shared_ptr<const pipeline::Handler> service_;
};

}  // namespace fairlead::proxy
