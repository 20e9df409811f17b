#include "admin/query.h"

#include <algorithm>

namespace fairlead::admin {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = static_cast<char>(c | 32);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

enum class Plus : uint8_t { literal, blank };

std::string decode(std::string_view text, Plus plus) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool has_two = text[i] == '%' && i + 2 < text.size();
    int high = has_two ? hex_value(text[i + 1]) : -1;
    int low = has_two ? hex_value(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plus == Plus::blank ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string decode_path(std::string_view text) { return decode(text, Plus::literal); }
std::string decode_query(std::string_view text) { return decode(text, Plus::blank); }

Query::Query(std::string_view text) {
  while (!text.empty()) {
    std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    size_t equals = pair.find('=');
    std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    values_.emplace(decode_query(pair.substr(0, equals)), decode_query(value));
  }
}

const std::string& Query::get(std::string_view name) const {
  static const std::string kNothing;
  auto found = values_.lower_bound(name);  // the first of equals
  bool is_there = found != values_.end() && found->first == name;
  return is_there ? found->second : kNothing;
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> out;
  auto [first, last] = values_.equal_range(name);
  for (auto at = first; at != last; ++at) out.push_back(at->second);
  return out;
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (true) {
    size_t slash = path.find('/');
    out.push_back(decode_path(path.substr(0, slash)));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace fairlead::admin
