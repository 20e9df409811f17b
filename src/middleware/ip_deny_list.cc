// ipDenyList: listed addresses do not pass.
#include "middleware/ip_guard.h"

namespace fairlead::middleware {
namespace {

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  return make_ip_guard(options, {.listed = IpVerdict::deny, .has_status = true});
}

}  // namespace

const MiddlewareType types::ip_deny_list{"ipDenyList", make};

}  // namespace fairlead::middleware
