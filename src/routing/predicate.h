// A compiled matcher: a question about a request's head, answered without waiting. Immutable,
// shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"
#include "io/address.h"

namespace fairlead::routing {

// What rules may ask about. `path` is the routing path of http/semantics.h; `head.host` is lower
// case without port.
struct MatchContext {
  const http::RequestHead& head;
  std::string_view path;
  const io::Address& peer;
  Arena& arena;  // for scratch: decoded query values
};

class Predicate {
 public:
  virtual ~Predicate() = default;
  virtual bool matches(const MatchContext& context) const = 0;
  // The matcher as written ("PathPrefix(`/api`)"), for explanations.
  virtual std::string text() const = 0;
};

}  // namespace fairlead::routing
