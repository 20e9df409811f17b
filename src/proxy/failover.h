// A service with another one in reserve, which steps in when no server of the first is known to be
// well, when the request reached none of them, or when the answer has one of the statuses of
// `errors`. Immutable, shared by all workers.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "pipeline/middleware.h"

namespace fairlead::proxy {

struct FailoverSettings {
  std::vector<std::pair<unsigned, unsigned>> statuses;  // both ends included
  int64_t max_request_body_bytes = -1;                  // a longer body is refused; -1: none is
};

class FailoverService final : public pipeline::Handler {
 public:
  FailoverService(FailoverSettings settings, std::shared_ptr<const pipeline::Handler> service,
                  std::shared_ptr<const pipeline::Handler> fallback)
      : settings_(std::move(settings)),
        service_(std::move(service)),
        fallback_(std::move(fallback)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;
  bool is_available(io::TimePoint now) const override {
    return service_->is_available(now) || fallback_->is_available(now);
  }

 private:
  bool is_failure(const pipeline::Reply& reply) const;
  io::Task<pipeline::Reply> handle_both(pipeline::Exchange& x) const;

  FailoverSettings settings_;
  std::shared_ptr<const pipeline::Handler> service_, fallback_;
};

}  // namespace fairlead::proxy
