// ipAllowList: only listed addresses pass; ipWhiteList, its old name, answers 403 always.
#include "middleware/ip_guard.h"

namespace fairlead::middleware {
namespace {

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  return make_ip_guard(options, {.listed = IpVerdict::allow, .has_status = true});
}

std::unique_ptr<const pipeline::Middleware> make_white_list(config::Reader& options,
                                                            MakeContext& context) {
  options.warning(
      "", "ipWhiteList is deprecated; rename it to ipAllowList, which has the same options");
  return make_ip_guard(options, {.listed = IpVerdict::allow, .has_status = false});
}

}  // namespace

const MiddlewareType types::ip_allow_list{"ipAllowList", make};
const MiddlewareType types::ip_white_list{"ipWhiteList", make_white_list};

}  // namespace fairlead::middleware
