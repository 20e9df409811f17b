// What middlewares do to a request's path. Invariant kept by all of them: the path upstreams get is
// escaped, starts with a slash and holds no dot segments, so that nothing after the router sees
// another path than it judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

// A configured path or piece of one as it looks in requests: bytes that may not stand there are
// percent-encoded, escapes upper-cased, those of unreserved characters decoded (RFC 3986 §6.2.2).
// nullopt when a "%" begins no escape.
std::optional<std::string> escaped_path(std::string_view text);

// Makes `text` (escaped or not) the request's path, normalised. Runs of slashes are collapsed,
// unless the path had some before: then the entry point lets them pass (sanitizePath: false) and
// they mean something.
void set_path(pipeline::Exchange& x, std::string_view text);

// Takes the first `bytes` bytes off the path. False, and nothing changes, when what is left would
// have to be normalised ("/api../x" without "/api"): the router judged another path than the
// upstream would serve.
bool strip_path(pipeline::Exchange& x, size_t bytes);

// A path that is not one ("*" of OPTIONS): middlewares leave it alone.
inline bool has_path(const pipeline::Exchange& x) { return x.request.path.starts_with('/'); }

}  // namespace fairlead::middleware
