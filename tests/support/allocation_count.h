// How often this thread has asked the global heap through operator new: for tests of paths that
// must not allocate.
#pragma once

#include <cstdint>

namespace fairlead::test {

uint64_t allocation_count();

}  // namespace fairlead::test
