// ipAllowList: connections from the listed addresses only; others are closed. ipWhiteList is its
// old name.
#include "middleware/ip_range.h"
#include "tcp/middleware.h"

namespace fairlead::tcp::types {
namespace {

class IpAllowList final : public Middleware {
 public:
  explicit IpAllowList(middleware::IpSet listed) : listed_(std::move(listed)) {}

  Result<void> admit(Connection& connection) const override {
    if (listed_.contains(middleware::Ip::from_bytes(connection.peer.ip_bytes()))) return {};
    return fail(Code::not_allowed, Side::client, Stage::accept);
  }

 private:
  middleware::IpSet listed_;
};

std::unique_ptr<const Middleware> make_allow_list(config::Reader& options,
                                                  std::shared_ptr<MiddlewareState>&) {
  middleware::IpSet listed;
  listed.read(options, "sourceRange");
  // Why: a list that lost one range to a typing error would let through or shut out others than its
  // owner thinks.
  if (options.has_errors()) return nullptr;
  if (listed.empty()) {
    options.error("sourceRange",
                  "needs at least one address or CIDR range, for instance 10.0.0.0/8");
    return nullptr;
  }
  return std::make_unique<IpAllowList>(std::move(listed));
}

std::unique_ptr<const Middleware> make_white_list(config::Reader& options,
                                                  std::shared_ptr<MiddlewareState>& state) {
  options.warning("", "ipWhiteList is deprecated; write ipAllowList, which does the same");
  return make_allow_list(options, state);
}

}  // namespace

extern const MiddlewareType ip_allow_list, ip_white_list;
const MiddlewareType ip_allow_list{"ipAllowList", make_allow_list};
const MiddlewareType ip_white_list{"ipWhiteList", make_white_list};

}  // namespace fairlead::tcp::types
