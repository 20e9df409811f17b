#include "providers/kubernetes/naming.h"

#include <cctype>

namespace fairlead::providers::kubernetes {

namespace {

constexpr int64_t kWildcardBand = -(int64_t{1} << 20);
constexpr int64_t kAnyHostBand = -(int64_t{1} << 21);

bool is_letter_or_digit(unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; }

}  // namespace

std::string normalize(std::string_view text) {
  std::string name;
  bool has_gap = false;
  for (unsigned char c : text) {
    if (!is_letter_or_digit(c)) {
      has_gap = !name.empty();
      continue;
    }
    if (has_gap) name.push_back('-');
    has_gap = false;
    name.push_back(static_cast<char>(c));
  }
  return name;
}

std::string short_hash(std::string_view text) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (unsigned char c : text) hash = (hash ^ c) * 16777619u;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits.push_back(kDigits[(hash >> shift) & 15]);
  return digits;
}

std::string rule_text(std::string_view text) {
  if (!text.contains('`')) return "`" + std::string(text) + "`";
  std::string escaped = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped + "\"";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string host_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return lower(host);
}

int64_t ingress_priority(std::string_view host, std::string_view path, PathType type) {
  constexpr size_t kHostWords = sizeof("Host(``)") - 1;
  constexpr size_t kPathWords = sizeof("PathPrefix(``)") - 1;
  size_t length = host.empty() ? 0 : kHostWords + host.size();
  if (!path.empty()) length += (length == 0 ? 0 : 4) + kPathWords + path.size();
  if (type == PathType::exact) ++length;
  auto priority = static_cast<int64_t>(length);
  if (host.empty()) return kAnyHostBand + priority;
  return host.starts_with("*.") ? kWildcardBand + priority : priority;
}

}  // namespace fairlead::providers::kubernetes
