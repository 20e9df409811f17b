// /api/v1/tail: requests as they end, as server-sent events, until the client goes. Any worker.
#pragma once

#include <expected>
#include <string>

#include "admin/query.h"
#include "observe/tail.h"
#include "pipeline/exchange.h"

namespace fairlead::admin {

// router, service, host, path, method, status ("404" or "5xx"). The error is for people.
std::expected<observe::TailFilter, std::string> tail_filter(const Query& query);
pipeline::Response tail_page(pipeline::Exchange& x, observe::Tail& tail,
                             observe::TailFilter filter);

}  // namespace fairlead::admin
