// The order in which weights take turns, evenly spread (smooth weighted round robin): {5, 1, 1}
// gives a a b a c a a. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::upstream {

// One whole round as indexes into `weights`; weights of 0 or less take no turn. Large weights are
// scaled down so that a round has at most a few thousand turns.
std::vector<uint32_t> smooth_round(std::span<const int64_t> weights);

}  // namespace fairlead::upstream
