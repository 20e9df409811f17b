#include "middleware/ip_guard.h"

namespace fairlead::middleware {
namespace {

class IpGuard final : public pipeline::Middleware {
 public:
  IpGuard(IpSet listed, IpStrategy strategy, IpVerdict verdict, unsigned status)
      : listed_(std::move(listed)),
        strategy_(std::move(strategy)),
        verdict_(verdict),
        status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    bool is_listed = listed_.contains(strategy_.client(x));
    if (is_listed == (verdict_ == IpVerdict::allow)) return next(x);
    return x.reply_with_reason(status_);
  }

 private:
  IpSet listed_;
  IpStrategy strategy_;
  IpVerdict verdict_;
  unsigned status_;
};

}  // namespace

std::unique_ptr<const pipeline::Middleware> make_ip_guard(config::Reader& options,
                                                          IpGuardOptions kind) {
  IpSet listed;
  listed.read(options, "sourceRange");
  IpStrategy strategy = IpStrategy::read(options);
  int64_t status = 403;
  if (kind.has_status && options.read("rejectStatusCode", status) &&
      (status < 200 || status > 599)) {
    options.error("rejectStatusCode", "must be a final HTTP status from 200 to 599");
  }
  // Why: a list that lost one range to a typing error would let through or shut out others than its
  // owner thinks.
  if (options.has_errors()) return nullptr;
  if (listed.empty()) {
    options.error("sourceRange",
                  "needs at least one address or CIDR range, for instance 10.0.0.0/8");
    return nullptr;
  }
  return std::make_unique<IpGuard>(std::move(listed), std::move(strategy), kind.listed,
                                   static_cast<unsigned>(status));
}

}  // namespace fairlead::middleware
