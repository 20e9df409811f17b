// A hash that outsiders cannot make collide: SipHash-1-3 under a key of this process, for tables
// whose keys clients choose. Not for signatures. Pure after the first call, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead {

uint64_t keyed_hash(std::string_view bytes);

}  // namespace fairlead
