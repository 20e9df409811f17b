// inFlightReq: so many requests of one source at a time; more get 429. A request counts until its
// last byte is out. Exact over all workers: they share the counts. Immutable but for those.
#include "middleware/middleware_type.h"
#include "middleware/refusal_status.h"
#include "middleware/source_counts.h"
#include "middleware/source_criterion.h"

namespace fairlead::middleware {
namespace {

class InFlightReq final : public pipeline::Middleware {
 public:
  InFlightReq(int64_t amount, SourceCriterion criterion, unsigned status)
      : amount_(amount), criterion_(std::move(criterion)), status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    SourceCounts::Permit permit = counts_.try_acquire(criterion_.source(x), amount_);
    if (!permit) return pipeline::Reply(x.reply_with_reason(status_));
    x.hold(std::move(permit));
    return next(x);
  }

 private:
  int64_t amount_;
  SourceCriterion criterion_;
  unsigned status_;
  mutable SourceCounts counts_;  // outlives its permits: their exchanges pin the snapshot
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  int64_t amount = 0;
  bool is_set = options.read("amount", amount);
  if (amount < 0 || (!is_set && !options.has_errors())) {
    options.error("amount", "needs how many requests of one source may be under way, 0 or more");
  }
  SourceCriterion criterion = SourceCriterion::read(options, SourceCriterion::Kind::host);
  unsigned status = read_refusal_status(options);
  if (options.has_errors()) return nullptr;
  return std::make_unique<InFlightReq>(amount, std::move(criterion), status);
}

}  // namespace

const MiddlewareType types::in_flight_req{"inFlightReq", make};

}  // namespace fairlead::middleware
