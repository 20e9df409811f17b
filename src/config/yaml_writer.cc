// Nodes into YAML: block style, two spaces, quotes only where a reader would otherwise see
// something else.
#include <algorithm>
#include <cctype>
#include <string>

#include "config/node.h"

namespace fairlead::config {
namespace {

bool looks_typed(const std::string& text) {
  static constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no",
                                                "on",   "off",   "y",    "n"};
  std::string lowered = text;
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::ranges::find(kWords, lowered) != std::end(kWords)) return true;
  return text.find_first_not_of("0123456789+-._eExXoOabcdefABCDEF:") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

bool needs_quotes(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return true;
  if (std::isspace(static_cast<unsigned char>(text.front())) ||
      std::isspace(static_cast<unsigned char>(text.back()))) {
    return true;
  }
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`<=").contains(text.front())) {
    bool is_word = text.size() > 1 && text.front() == '-' && text[1] != ' ' && text[1] != '-';
    bool is_address =
        text.size() > 1 && text.front() == ':' && std::isdigit(static_cast<unsigned char>(text[1]));
    if (!is_word && !is_address) return true;
  }
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return true;
  if (text.back() == ':') return true;
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string double_quoted(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar_text(const std::string& text, bool is_string) {
  return needs_quotes(text) || (is_string && looks_typed(text)) ? double_quoted(text) : text;
}

class Writer {
 public:
  explicit Writer(bool with_origins) : with_origins_(with_origins) {}

  std::string take() { return std::move(out_); }

  // Writes `node` behind what stands on the line already ("key:" or "-").
  void value(const Node& node, int depth) {
    switch (node.kind) {
      case Node::Kind::null:
        return line_end(" null", node);
      case Node::Kind::scalar:
        return line_end(" " + scalar_text(node.scalar, node.is_string), node);
      case Node::Kind::list:
        if (node.items.empty()) return line_end(" []", node);
        out_ += '\n';
        return list(node, depth);
      case Node::Kind::map:
        if (node.members.empty()) return line_end(" {}", node);
        out_ += '\n';
        return map(node, depth);
    }
  }

  void map(const Node& node, int depth) {
    for (const Member& member : node.members) {
      out_ +=
          std::string(static_cast<size_t>(depth) * 2, ' ') + scalar_text(member.key, false) + ":";
      value(member.value, depth + 1);
    }
  }

  void list(const Node& node, int depth) {
    for (const Node& item : node.items) {
      out_ += std::string(static_cast<size_t>(depth) * 2, ' ') + "-";
      value(item, depth + 1);
    }
  }

 private:
  void line_end(const std::string& text, const Node& node) {
    out_ += text;
    if (with_origins_ && !node.origin.empty()) out_ += "  # " + node.origin;
    out_ += '\n';
  }

  std::string out_;
  bool with_origins_;
};

std::string document(const Node& node, bool with_origins) {
  Writer writer(with_origins);
  if (node.is_map() && !node.members.empty()) {
    writer.map(node, 0);
  } else if (node.is_list() && !node.items.empty()) {
    writer.list(node, 0);
  } else {
    writer.value(node, 0);
    return writer.take().substr(1);
  }
  return writer.take();
}

}  // namespace

std::string to_yaml(const Node& node) { return document(node, false); }
std::string to_yaml_with_origins(const Node& node) { return document(node, true); }

}  // namespace fairlead::config
