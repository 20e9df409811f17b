// X-Forwarded-For: this hop's peer, appended after all middlewares have run, once an exchange.
#pragma once

#include "pipeline/exchange.h"

namespace fairlead::proxy {

void append_forwarded_for(pipeline::Exchange& x);

}  // namespace fairlead::proxy
