// Lets go of a response that the client will not get: reads what is here of its body, so that a
// short answer leaves its connection fit for the next request.
#pragma once

#include "pipeline/exchange.h"

namespace fairlead::middleware {

void discard(const pipeline::Response& response);

}  // namespace fairlead::middleware
