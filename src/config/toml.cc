// TOML into Nodes by toml++, which keeps source positions and refuses duplicate keys itself.
#define TOML_EXCEPTIONS 0
#include <charconv>
#include <sstream>

#include <toml++/toml.h>

#include "config/node.h"

namespace fairlead::config {
namespace {

class Converter {
 public:
  Converter(std::string_view source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  Node convert(const toml::node& from, int depth) {
    if (depth > kMaxNodeDepth || ++nodes_ > kMaxNodes) {
      refuse();
      return {};
    }
    Node out = value_of(from, depth);
    out.origin = source_ + ":" + std::to_string(from.source().begin.line);
    return out;
  }

 private:
  Node value_of(const toml::node& from, int depth) {
    if (const auto* table = from.as_table()) return map_of(*table, depth);
    if (const auto* array = from.as_array()) return list_of(*array, depth);
    if (const auto* text = from.as_string()) return Node::string(text->get());
    if (const auto* flag = from.as_boolean()) return Node::text(flag->get() ? "true" : "false");
    if (const auto* integer = from.as_integer()) return Node::text(std::to_string(integer->get()));
    if (const auto* number = from.as_floating_point()) {
      char digits[64];
      auto [end, error] = std::to_chars(digits, digits + sizeof digits, number->get());
      return Node::text(std::string(digits, end));
    }
    std::ostringstream date;
    if (const auto* value = from.as_date()) date << value->get();
    if (const auto* value = from.as_time()) date << value->get();
    if (const auto* value = from.as_date_time()) date << value->get();
    return Node::string(date.str());
  }

  Node map_of(const toml::table& table, int depth) {
    Node out = Node::map();
    for (const auto& [key, value] : table) {
      out.members.push_back({std::string(key.str()), convert(value, depth + 1)});
    }
    return out;
  }

  Node list_of(const toml::array& array, int depth) {
    Node out = Node::list();
    for (const toml::node& item : array) out.items.push_back(convert(item, depth + 1));
    return out;
  }

  void refuse() {
    if (has_refused_) return;
    has_refused_ = true;
    diagnostics_.push_back({Severity::error, source_, "", "",
                            "nested deeper than 100 levels or more than a million nodes"});
  }

  std::string source_;
  Diagnostics& diagnostics_;
  size_t nodes_ = 0;
  bool has_refused_ = false;
};

// Why: toml++ bounds nested values but not dotted keys, and frees its tables recursively. Counts
// the dots of each run of key characters, which a key of many elements cannot avoid.
bool has_endless_key(std::string_view text) {
  int dots = 0;
  for (char c : text) {
    bool is_key = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '"' || c == '\'' || c == ' ' || c == '\t';
    if (c == '.') {
      if (++dots > kMaxNodeDepth) return true;
    } else if (!is_key) {
      dots = 0;
    }
  }
  return false;
}

}  // namespace

Node parse_toml(std::string_view text, std::string_view source, Diagnostics& diagnostics) {
  if (has_endless_key(text)) {
    diagnostics.push_back(
        {Severity::error, std::string(source), "", "", "a key of more than 100 dotted elements"});
    return {};
  }
  toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::source_position& at = result.error().source().begin;
    diagnostics.push_back({Severity::error, std::string(source), "", "",
                           "line " + std::to_string(at.line) + ", column " +
                               std::to_string(at.column) + ": " +
                               std::string(result.error().description())});
    return {};
  }
  size_t before = diagnostics.size();
  Node node = Converter(source, diagnostics).convert(result.table(), 0);
  return diagnostics.size() == before ? node : Node{};
}

}  // namespace fairlead::config
