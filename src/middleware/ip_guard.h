// What ipAllowList, ipDenyList and ipWhiteList share: a set of addresses, whose address counts, and
// the status of a refusal. Immutable, all workers.
#pragma once

#include "middleware/ip_range.h"
#include "middleware/ip_strategy.h"
#include "middleware/middleware_type.h"

namespace fairlead::middleware {

enum class IpVerdict : uint8_t { allow, deny };

// Reads sourceRange and ipStrategy, and rejectStatusCode where `has_status`. Null when nothing
// usable is listed. A listed client is allowed (all others denied) or denied (all others allowed).
// An address that is not known is in no list.
struct IpGuardOptions {
  IpVerdict listed = IpVerdict::allow;
  bool has_status = true;
};
std::unique_ptr<const pipeline::Middleware> make_ip_guard(config::Reader& options,
                                                          IpGuardOptions kind);

}  // namespace fairlead::middleware
