#include "middleware/path.h"

#include <memory_resource>

namespace fairlead::middleware {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// pchar and "/" of RFC 3986 §3.3.
bool stands_in_path(char c) {
  return is_unreserved(c) || std::string_view("!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

template <class Text>
void append_escape(Text& out, char c) {
  auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

// Returns whether every "%" began an escape; one that does not is taken for itself.
template <class Text>
bool append_escaped(Text& out, std::string_view text) {
  bool is_well_formed = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (stands_in_path(text[i]))
        out += text[i];
      else
        append_escape(out, text[i]);
      continue;
    }
    int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      is_well_formed = false;
      append_escape(out, '%');
      continue;
    }
    auto byte = static_cast<char>(high * 16 + low);
    if (is_unreserved(byte))
      out += byte;
    else
      append_escape(out, byte);
    i += 2;
  }
  return is_well_formed;
}

enum class Slashes : uint8_t { collapse, keep };

// RFC 3986 §5.2.4 on an absolute path, in place; returns the new length.
size_t resolve_segments(char* path, size_t bytes, Slashes slashes) {
  size_t kept = 0;
  for (size_t at = 0; at < bytes;) {
    size_t end = at + 1;  // path[at] is a slash
    while (end < bytes && path[end] != '/') ++end;
    std::string_view segment(path + at + 1, end - at - 1);
    bool is_last = end == bytes;
    if (segment == "." || segment == "..") {
      if (segment == "..") {
        while (kept > 0 && path[--kept] != '/') {
        }
      }
      if (is_last) path[kept++] = '/';
    } else if (!segment.empty() || is_last || slashes == Slashes::keep) {
      bool follows_slash = kept > 0 && path[kept - 1] == '/' && slashes == Slashes::collapse;
      if (!follows_slash) path[kept++] = '/';
      for (char c : segment) path[kept++] = c;
    }
    at = end;
  }
  return kept;
}

}  // namespace

std::optional<std::string> escaped_path(std::string_view text) {
  std::string out;
  if (!append_escaped(out, text)) return std::nullopt;
  return out;
}

void set_path(pipeline::Exchange& x, std::string_view text) {
  bool had_empty_segments = x.request.path.find("//") != std::string_view::npos;
  std::pmr::string escaped(&x.arena);
  escaped.reserve(text.size() + 1);
  if (!text.starts_with('/')) escaped += '/';
  append_escaped(escaped, text);
  char* path = x.arena.take_chars(escaped.size());
  std::memcpy(path, escaped.data(), escaped.size());
  size_t bytes = resolve_segments(path, escaped.size(),
                                  had_empty_segments ? Slashes::keep : Slashes::collapse);
  x.request.path = bytes == 0 ? std::string_view("/") : std::string_view(path, bytes);
}

bool strip_path(pipeline::Exchange& x, size_t bytes) {
  std::string_view rest = x.request.path.substr(bytes);
  if (!rest.starts_with('/')) rest = x.arena.join("/", rest);
  // Only the seam can need normalising: every other segment was there before.
  std::string_view first = rest.substr(1, rest.find('/', 1) - 1);
  if (first == "." || first == ".." || (first.empty() && rest.size() > 1)) return false;
  x.request.path = rest;
  return true;
}

}  // namespace fairlead::middleware
