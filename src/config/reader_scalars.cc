// The typed reads of Reader: one value each, and a sentence when it does not fit.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "config/reader.h"

namespace fairlead::config {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size());
    std::string_view part = trim(text.substr(0, comma));
    if (!part.empty()) out.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string clipped(std::string_view text) {
  constexpr size_t kShown = 60;
  if (text.size() <= kShown) return "\"" + std::string(text) + "\"";
  return "\"" + std::string(text.substr(0, kShown)) + "…\"";
}

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

const std::string* Reader::scalar(std::string_view key, std::string_view expected) {
  const Node* value = want(key);
  if (!value || value->is_null()) return nullptr;
  if (value->is_scalar()) return &value->scalar;
  error(key,
        "expects " + std::string(expected) + ", got " + (value->is_list() ? "a list" : "a map"));
  return nullptr;
}

template <class T, class Parse>
bool Reader::read_as(std::string_view key, T& out, std::string_view expected, Parse parse) {
  const std::string* text = scalar(key, expected);
  if (!text) return false;
  auto value = parse(trim(*text));
  if (!value) {
    error(key, "expects " + std::string(expected) + ", got " + clipped(*text));
    return false;
  }
  out = static_cast<T>(*value);
  return true;
}

bool Reader::read(std::string_view key, std::string& out) {
  const std::string* text = scalar(key, "a text");
  if (text) out = *text;
  return text != nullptr;
}

bool Reader::read(std::string_view key, bool& out) {
  return read_as(key, out, "true or false", parse_bool);
}

bool Reader::read(std::string_view key, int64_t& out) {
  return read_as(key, out, "a whole number", parse_integer);
}

bool Reader::read(std::string_view key, uint32_t& out) {
  return read_as(key, out, "a whole number from 0 to 4294967295",
                 [](std::string_view text) -> std::optional<int64_t> {
                   auto value = parse_integer(text);
                   bool fits =
                       value && *value >= 0 && *value <= std::numeric_limits<uint32_t>::max();
                   return fits ? value : std::nullopt;
                 });
}

bool Reader::read(std::string_view key, double& out) {
  return read_as(key, out, "a number", parse_number);
}

bool Reader::read(std::string_view key, Milliseconds& out) {
  return read_as(key, out, "a duration such as 10s, 1m30s or 250ms", parse_duration);
}

bool Reader::read(std::string_view key, std::vector<std::string>& out) {
  const Node* value = want(key);
  if (!value || value->is_null()) return false;
  if (value->is_scalar()) {
    out = split_commas(value->scalar);
    return true;
  }
  bool is_good = value->is_list() && std::ranges::all_of(value->items, &Node::is_scalar);
  if (!is_good) {
    error(key, "expects a list of texts");
    return false;
  }
  out.clear();
  for (const Node& item : value->items) out.push_back(item.scalar);
  return true;
}

bool Reader::read(std::string_view key, std::map<std::string, std::string>& out) {
  const Node* value = want(key);
  if (!value || value->is_null()) return false;
  if (!value->is_map()) {
    error(key, "expects a map of texts");
    return false;
  }
  std::map<std::string, std::string> read;
  bool is_good = true;
  for (const Member& member : value->members) {
    if (member.value.is_list() || member.value.is_map()) {
      error(std::string(key) + "." + member.key, "expects a text");
      is_good = false;
    } else {
      read[member.key] = member.value.scalar;
    }
  }
  out = std::move(read);
  return is_good;
}

bool Reader::read(std::string_view key, std::optional<std::string>& out) {
  std::string value;
  bool is_there = read(key, value);
  if (is_there) out = std::move(value);
  return is_there;
}

bool Reader::read(std::string_view key, std::optional<bool>& out) {
  bool value = false;
  bool is_there = read(key, value);
  if (is_there) out = value;
  return is_there;
}

bool Reader::read(std::string_view key, std::optional<int64_t>& out) {
  int64_t value = 0;
  bool is_there = read(key, value);
  if (is_there) out = value;
  return is_there;
}

bool Reader::read(std::string_view key, std::optional<Milliseconds>& out) {
  Milliseconds value{0};
  bool is_there = read(key, value);
  if (is_there) out = value;
  return is_there;
}

bool Reader::read(std::string_view key, std::vector<double>& out) {
  std::vector<std::string> texts;
  if (!read(key, texts)) return false;
  std::vector<double> numbers;
  for (const std::string& text : texts) {
    auto number = parse_number(trim(text));
    if (!number) {
      error(key, "expects numbers, got " + clipped(text));
      return false;
    }
    numbers.push_back(*number);
  }
  out = std::move(numbers);
  return true;
}

bool Reader::read_word(std::string_view key, std::string& out,
                       const std::vector<std::string_view>& words) {
  std::string expected = "one of";
  for (std::string_view word : words) {
    expected += (word == words.front() ? " " : ", ") + std::string(word.empty() ? "\"\"" : word);
  }
  return read_as(key, out, expected, [&](std::string_view text) -> std::optional<std::string> {
    for (std::string_view word : words) {
      if (equals_without_case(word, text)) return std::string(word);
    }
    return std::nullopt;
  });
}

}  // namespace fairlead::config
