#include "routing/mux_template.h"

#include "routing/rule_literal.h"

namespace fairlead::routing {

namespace {

void append_quoted(std::string& out, std::string_view text) {
  for (char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").contains(c)) out += '\\';
    out += c;
  }
}

// The offset past the } that closes the { at `open`; patterns may hold balanced braces themselves
// ("{id:[0-9]{3}}").
size_t past_brace(std::string_view text, size_t open) {
  unsigned depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

}  // namespace

bool has_template(std::string_view text) {
  return text.find_first_of("{}") != std::string_view::npos;
}

std::expected<std::string, std::string> expression_of(std::string_view text,
                                                      std::string_view default_pattern) {
  std::string out = "^";
  size_t at = 0;
  while (at < text.size()) {
    size_t open = text.find_first_of("{}", at);
    append_quoted(out, text.substr(at, open == std::string_view::npos ? open : open - at));
    if (open == std::string_view::npos) break;
    size_t end = text[open] == '{' ? past_brace(text, open) : std::string_view::npos;
    if (end == std::string_view::npos)
      return std::unexpected("unbalanced braces in " + quote_literal(text));
    std::string_view inside = text.substr(open + 1, end - open - 2);
    size_t colon = inside.find(':');
    std::string_view pattern =
        colon == std::string_view::npos ? default_pattern : inside.substr(colon + 1);
    if (inside.substr(0, colon).empty() || pattern.empty()) {
      return std::unexpected("missing name or pattern in " + quote_literal(text) +
                             "; write {name:pattern}");
    }
    out += "(?:" + std::string(pattern) + ")";
    at = end;
  }
  return out;
}

}  // namespace fairlead::routing
