// The three scalar grammars of the configuration: durations, booleans, integers.
#include <charconv>
#include <cmath>

#include "config/reader.h"

namespace fairlead::config {
namespace {

constexpr double kLongestMs = 9.2e15;  // about 290,000 years; Go's own durations end at 292

// Milliseconds in one `unit`; 0 when there is no such unit.
double unit_ms(std::string_view unit) {
  if (unit == "ns") return 1e-6;
  if (unit == "us" || unit == "µs" || unit == "μs") return 1e-3;
  if (unit == "ms") return 1;
  if (unit == "s") return 1e3;
  if (unit == "m") return 6e4;
  if (unit == "h") return 3.6e6;
  return 0;
}

bool is_number_char(char c) { return (c >= '0' && c <= '9') || c == '.'; }

// Takes "1.5h" off the front of `text` and adds it to `total`.
bool take_part(std::string_view& text, double& total) {
  size_t digits = 0;
  while (digits < text.size() && is_number_char(text[digits])) ++digits;
  size_t end = digits;
  while (end < text.size() && !is_number_char(text[end])) ++end;
  double number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + digits, number);
  double unit = unit_ms(text.substr(digits, end - digits));
  if (digits == 0 || error != std::errc{} || stop != text.data() + digits || unit == 0)
    return false;
  total += number * unit;
  text.remove_prefix(end);
  return total < kLongestMs;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double total = 0;
  if (auto seconds = parse_integer(text); seconds && is_number_char(text.front())) {
    total = static_cast<double>(*seconds) * 1e3;
    if (total >= kLongestMs) return std::nullopt;
  } else {
    while (!text.empty()) {
      if (!take_part(text, total)) return std::nullopt;
    }
  }
  // Why: 0 often means "no limit", so something short must not round down to it.
  auto ms = static_cast<int64_t>(total > 0 && total < 1 ? 1 : std::llround(total));
  return Milliseconds(is_negative ? -ms : ms);
}

std::string format_duration(Milliseconds duration) {
  int64_t ms = duration.count();
  std::string out = ms < 0 ? "-" : "";
  if (ms == 0) return "0s";
  auto rest = static_cast<uint64_t>(ms < 0 ? -ms : ms);
  for (auto [unit, size] :
       {std::pair{"h", 3'600'000U}, {"m", 60'000U}, {"s", 1'000U}, {"ms", 1U}}) {
    if (rest >= size) out += std::to_string(rest / size) + unit;
    rest %= size;
  }
  return out;
}

std::optional<bool> parse_bool(std::string_view text) {
  for (std::string_view yes : {"true", "1", "t", "T", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"false", "0", "f", "F", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace fairlead::config
