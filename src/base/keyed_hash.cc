#include "base/keyed_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace fairlead {
namespace {

struct Key {
  uint64_t first, second;
};

const Key& process_key() {
  static const Key key = [] {
    std::random_device device;
    auto draw = [&] { return uint64_t{device()} << 32 | device(); };
    return Key{draw(), draw()};
  }();
  return key;
}

struct Sip {
  uint64_t a, b, c, d;

  explicit Sip(const Key& key)
      : a(key.first ^ 0x736f6d6570736575),
        b(key.second ^ 0x646f72616e646f6d),
        c(key.first ^ 0x6c7967656e657261),
        d(key.second ^ 0x7465646279746573) {}
  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void take(uint64_t word) {
    d ^= word;
    round();
    a ^= word;
  }
};

}  // namespace

uint64_t keyed_hash(std::string_view bytes) {
  Sip sip(process_key());
  uint64_t last = uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    sip.take(word);
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    last |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  }
  sip.take(last);
  sip.c ^= 0xff;
  for (int i = 0; i < 3; ++i) sip.round();
  return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

}  // namespace fairlead
