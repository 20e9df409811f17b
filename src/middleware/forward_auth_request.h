// What forwardAuth asks: the head of the request to the authentication service. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "middleware/forward_auth_origin.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

struct AuthQuestion {
  AuthAddress address;
  // X-Forwarded-* of the request: kept, removed, or (unset) the five that are set here replaced.
  std::optional<bool> trusts_forwarded;
  std::vector<std::string> fields;  // that are passed on; empty: all
  bool keeps_method = false;
};

// Fills in method, path and fields of `to`.
void ask(const AuthQuestion& question, const pipeline::Exchange& x, pipeline::Exchange& to);

}  // namespace fairlead::middleware
