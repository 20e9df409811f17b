// Names and rules as Traefik makes them of Kubernetes objects. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

// Letters and digits, with single dashes for everything between them.
std::string normalize(std::string_view text);
// Eight hexadecimal digits that tell names apart which normalise to the same.
std::string short_hash(std::string_view text);
// A text of the rule language, in back-ticks or quotes.
std::string rule_text(std::string_view text);
std::string lower(std::string_view text);
// As it is compared: lower case, no dot at the end.
std::string host_name(std::string_view host);

inline constexpr int64_t kLowestPriority = INT32_MIN;

// The precedence of the Ingress API as a router's priority: a named host before a wildcard before
// any host, then the longer path, then Exact before Prefix. Named hosts get what the rule's length
// would be in Traefik, so that priorities set by hand keep their meaning.
int64_t ingress_priority(std::string_view host, std::string_view path, PathType type);

}  // namespace fairlead::providers::kubernetes
