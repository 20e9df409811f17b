// Field names → FieldId: a perfect hash over length and four characters, found by the compiler, and
// one comparison.
#include <array>
#include <cstdint>
#include <cstring>

#include "http/ascii.h"
#include "http/message.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kNames[] = {
    "",
#define FAIRLEAD_FIELD(id, spelling) spelling,
#include "http/field_names.inc"
#undef FAIRLEAD_FIELD
};
constexpr size_t kNameCount = std::size(kNames);
static_assert(kNameCount < 256, "FieldId is one byte");

constexpr size_t kSlotBits = 10;
constexpr size_t kSlots = size_t{1} << kSlotBits;

// Only letters differ by case, and `| 0x20` folds them; that it folds other characters too only
// costs a comparison.
constexpr size_t slot_of(std::string_view name, uint32_t seed) {
  size_t n = name.size();
  auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(name[i] | 0x20)); };
  uint32_t key = at(0) | at(n - 1) << 8 | at(n / 2) << 16 | at(n >= 4 ? n - 4 : 0) << 24;
  key ^= static_cast<uint32_t>(n) * 0x9E3779B1u;
  return (key * seed) >> (32 - kSlotBits);
}

consteval bool is_perfect(uint32_t seed) {
  std::array<bool, kSlots> taken{};
  for (size_t i = 1; i < kNameCount; ++i) {
    size_t slot = slot_of(kNames[i], seed);
    if (taken[slot]) return false;
    taken[slot] = true;
  }
  return true;
}

consteval uint32_t find_seed() {
  uint32_t seed = 0x85EBCA6Bu;
  while (!is_perfect(seed)) seed = (seed * 1664525u + 1013904223u) | 1u;
  return seed;
}

constexpr uint32_t kSeed = find_seed();

consteval std::array<uint8_t, kSlots> make_slots() {
  std::array<uint8_t, kSlots> slots{};
  for (size_t i = 1; i < kNameCount; ++i) {
    slots[slot_of(kNames[i], kSeed)] = static_cast<uint8_t>(i);
  }
  return slots;
}

constexpr std::array<uint8_t, kSlots> kSlotTable = make_slots();

uint64_t load64(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Eight bytes at once: equal when they differ only by 0x20 and only where `a` has a letter.
bool words_match(uint64_t a, uint64_t b) {
  uint64_t difference = a ^ b;
  if (difference == 0) return true;
  constexpr uint64_t kEach = 0x0101010101010101u;
  if ((difference & ~(kEach * 0x20)) != 0) return false;
  uint64_t folded = (a | kEach * 0x20);
  uint64_t low7 = folded & (kEach * 0x7f);
  uint64_t from_a = low7 + kEach * (0x80 - 'a');
  uint64_t past_z = low7 + kEach * (0x80 - 'z' - 1);
  uint64_t is_letter = from_a & ~past_z & ~folded & (kEach * 0x80);
  return (difference & ~(is_letter >> 2)) == 0;
}

}  // namespace

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    if (!words_match(load64(a.data() + i), load64(b.data() + i))) return false;
  }
  if (a.size() >= 8) {  // the tail, overlapping what was compared
    size_t tail = a.size() - 8;
    return words_match(load64(a.data() + tail), load64(b.data() + tail));
  }
  for (; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

FieldId field_id(std::string_view name) {
  if (name.empty()) return FieldId::other;
  uint8_t index = kSlotTable[slot_of(name, kSeed)];
  if (index == 0 || !equals_ignore_case(name, kNames[index])) return FieldId::other;
  return static_cast<FieldId>(index);
}

std::string_view field_name(FieldId id) { return kNames[static_cast<size_t>(id)]; }

}  // namespace fairlead::http
