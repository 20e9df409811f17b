#include "middleware/go_duration.h"

#include <cstdint>

namespace fairlead::middleware {
namespace {

// Writes backwards from `at`.
char* write_number(uint64_t value, char* at) {
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return at;
}

// The fraction of `value` in units of 10^digits, without trailing zeros; what is left of it is the
// whole part.
char* write_fraction(uint64_t& value, int digits, char* at) {
  bool has_begun = false;
  for (int i = 0; i < digits; ++i) {
    uint64_t digit = value % 10;
    value /= 10;
    has_begun = has_begun || digit != 0;
    if (has_begun) *--at = static_cast<char>('0' + digit);
  }
  if (has_begun) *--at = '.';
  return at;
}

}  // namespace

std::string_view go_duration(std::chrono::nanoseconds duration, Arena& arena) {
  constexpr size_t kBytes = 48;
  char* end = arena.take_chars(kBytes) + kBytes;
  char* at = end;
  auto value = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
  if (value == 0) return "0s";
  *--at = 's';
  if (value < 1'000'000'000) {
    int digits = value < 1'000 ? 0 : value < 1'000'000 ? 3 : 6;
    if (digits == 3) {
      *--at = '\xb5';  // "µ"
      *--at = '\xc2';
    } else {
      *--at = digits == 0 ? 'n' : 'm';
    }
    at = write_fraction(value, digits, at);
    at = write_number(value, at);
    return {at, static_cast<size_t>(end - at)};
  }
  at = write_fraction(value, 9, at);
  at = write_number(value % 60, at);
  value /= 60;
  if (value != 0) {
    *--at = 'm';
    at = write_number(value % 60, at);
    value /= 60;
  }
  if (value != 0) {
    *--at = 'h';
    at = write_number(value, at);
  }
  return {at, static_cast<size_t>(end - at)};
}

}  // namespace fairlead::middleware
