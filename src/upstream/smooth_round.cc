#include "upstream/smooth_round.h"

#include <algorithm>
#include <numeric>

namespace fairlead::upstream {
namespace {
constexpr int64_t kMaxTurns = 4096;
}

std::vector<uint32_t> smooth_round(std::span<const int64_t> weights) {
  int64_t divisor = 0;
  int64_t total = 0;
  for (int64_t weight : weights) {
    if (weight <= 0) continue;
    divisor = std::gcd(divisor, weight);
    total += weight;
  }
  if (total == 0) return {};
  int64_t scale = std::max<int64_t>(1, (total / divisor + kMaxTurns - 1) / kMaxTurns);
  std::vector<int64_t> gains, purse(weights.size());
  for (int64_t weight : weights) {
    gains.push_back(weight <= 0 ? 0 : std::max<int64_t>(1, weight / divisor / scale));
  }
  int64_t turns = std::accumulate(gains.begin(), gains.end(), int64_t{0});
  std::vector<uint32_t> round;
  // Each turn everyone gains its weight; the richest is chosen and pays the total.
  for (int64_t turn = 0; turn < turns; ++turn) {
    size_t best = weights.size();
    for (size_t i = 0; i < gains.size(); ++i) {
      purse[i] += gains[i];
      if (gains[i] > 0 && (best == weights.size() || purse[i] > purse[best])) best = i;
    }
    purse[best] -= turns;
    round.push_back(static_cast<uint32_t>(best));
  }
  return round;
}

}  // namespace fairlead::upstream
