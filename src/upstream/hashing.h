// Hashes and chance for balancers. Pure but for dice(), which is a thread's own.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace fairlead::upstream {

inline constexpr uint64_t kFnvBasis = 0xcbf29ce484222325;
inline constexpr uint64_t kFnvPrime = 0x100000001b3;

// FNV-1a of 64 bits; `hash` continues an earlier text.
constexpr uint64_t fnv1a(std::string_view text, uint64_t hash = kFnvBasis) {
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * kFnvPrime;
  return hash;
}
// FNV-1, the elder.
constexpr uint64_t fnv1(std::string_view text) {
  uint64_t hash = kFnvBasis;
  for (char c : text) hash = (hash * kFnvPrime) ^ static_cast<uint8_t>(c);
  return hash;
}

// Every bit of the result depends on every bit of `value` (the finaliser of splitmix64).
constexpr uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// Weighted rendezvous: of all candidates the one with the highest score is chosen, so that one that
// comes or goes moves only what it takes or gave. `hash` of the key together with the candidate.
inline double rendezvous_score(uint64_t hash, int64_t weight) {
  double part = static_cast<double>(hash) / 18446744073709551616.0;
  return static_cast<double>(weight) / -std::log(part);
}

// A thread's own random numbers, good for balancing and nothing else.
uint64_t dice();
inline size_t dice(size_t below) {
  return static_cast<size_t>((static_cast<unsigned __int128>(dice()) * below) >> 64);
}

}  // namespace fairlead::upstream
