#include "routing/host_hash.h"

#include <chrono>
#include <cstring>

#include <sys/random.h>

namespace fairlead::routing {

namespace {

uint64_t random_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
    seed = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  return seed;
}

const uint64_t kSeed = random_seed();

// Odd constants with half of their bits set, from the wyhash family (public domain).
constexpr uint64_t kFirst = 0xa0761d6478bd642f;
constexpr uint64_t kSecond = 0xe7037ed1a0b428db;

uint64_t mix(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

template <class Word>
uint64_t read(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

uint64_t hash_host(std::string_view host) {
  const char* at = host.data();
  size_t left = host.size();
  uint64_t state = kSeed, a = 0, b = 0;
  while (left > 16) {
    state = mix(read<uint64_t>(at) ^ kFirst, read<uint64_t>(at + 8) ^ state);
    at += 16, left -= 16;
  }
  if (left >= 8) {
    a = read<uint64_t>(at), b = read<uint64_t>(at + left - 8);
  } else if (left >= 4) {
    a = read<uint32_t>(at), b = read<uint32_t>(at + left - 4);
  } else if (left > 0) {
    a = read<uint8_t>(at) << 16 | read<uint8_t>(at + left / 2) << 8 | read<uint8_t>(at + left - 1);
  }
  return mix(kSecond ^ host.size(), mix(a ^ kFirst, b ^ state));
}

}  // namespace fairlead::routing
