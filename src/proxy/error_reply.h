// The only mapping from an error to what the client sees: status, body and whether its connection
// goes on. Bodies as Traefik's users know them.
#pragma once

#include "base/result.h"
#include "pipeline/exchange.h"

namespace fairlead::proxy {

struct ErrorReply {
  unsigned status;
  std::string_view body;  // "" = nothing is sent: the client is gone
};

ErrorReply error_reply(const Error& error);
// The same as a response in the exchange's arena.
pipeline::Response make_error_reply(pipeline::Exchange& x, const Error& error);

}  // namespace fairlead::proxy
