// The hash of host keys: 64 bits, fast on short text, seeded at random once per process so that
// nobody can write host names that collide. Equal within one process only.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::routing {

uint64_t hash_host(std::string_view host);

}  // namespace fairlead::routing
