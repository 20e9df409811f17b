// JSON into Nodes and back. Reading goes through nlohmann's events, so that duplicate keys are seen
// and nothing larger than the bounds is ever built.
#include <charconv>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "config/node.h"

namespace fairlead::config {
namespace {

using Json = nlohmann::json;

class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, std::string_view source, Diagnostics& diagnostics)
      : text_(text), source_(source), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_); }

  bool null() override { return put(Node{}); }
  bool boolean(bool value) override { return put(Node::text(value ? "true" : "false")); }
  bool number_integer(number_integer_t value) override {
    return put(Node::text(std::to_string(value)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return put(Node::text(std::to_string(value)));
  }
  bool number_float(number_float_t, const string_t& text) override { return put(Node::text(text)); }
  bool string(string_t& value) override { return put(Node::string(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return begin(Node::map()); }
  bool start_array(size_t) override { return begin(Node::list()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& key) override {
    Open& frame = open_.back();
    if (!frame.seen.insert(key).second) {
      return refuse("the key \"" + key + "\" is written twice in one object; keep one");
    }
    frame.key = std::move(key);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const Json::exception&) override {
    size_t end = std::min(position > 0 ? position - 1 : 0, text_.size());
    size_t line = 1, column = 1;
    for (char c : text_.substr(0, end)) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n' ? 1 : 0;
    }
    return refuse("line " + std::to_string(line) + ", column " + std::to_string(column) +
                  ": not valid JSON");
  }

 private:
  struct Open {
    Node node;
    std::string key;
    std::unordered_set<std::string> seen;
  };

  bool refuse(std::string why) {
    diagnostics_.push_back({Severity::error, source_, "", "", std::move(why)});
    return false;
  }
  bool begin(Node empty) {
    if (open_.size() >= kMaxNodeDepth) return refuse("nested deeper than 100 levels");
    open_.emplace_back().node = std::move(empty);
    return true;
  }
  bool end() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    return put(std::move(node));
  }
  bool put(Node node) {
    if (++nodes_ > kMaxNodes) return refuse("more than a million values");
    node.origin = source_;
    if (open_.empty()) {
      root_ = std::move(node);
      return true;
    }
    Open& frame = open_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else {
      frame.node.members.push_back({std::move(frame.key), std::move(node)});
    }
    return true;
  }

  std::string_view text_;
  std::string source_;
  Diagnostics& diagnostics_;
  Node root_;
  std::vector<Open> open_;
  size_t nodes_ = 0;
};

std::string json_quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A boolean, or an integer exactly as JSON would print it.
bool is_json_literal(const std::string& text) {
  if (text == "true" || text == "false") return true;
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(value) == text;
}

void write(const Node& node, std::string& out) {
  bool is_first = true;
  auto separate = [&] {
    if (!is_first) out += ',';
    is_first = false;
  };
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      out +=
          !node.is_string && is_json_literal(node.scalar) ? node.scalar : json_quoted(node.scalar);
      return;
    case Node::Kind::list:
      out += '[';
      for (const Node& item : node.items) {
        separate();
        write(item, out);
      }
      out += ']';
      return;
    case Node::Kind::map:
      out += '{';
      for (const Member& member : node.members) {
        separate();
        out += json_quoted(member.key) + ":";
        write(member.value, out);
      }
      out += '}';
      return;
  }
}

}  // namespace

Node parse_json(std::string_view text, std::string_view source, Diagnostics& diagnostics) {
  Builder builder(text, source, diagnostics);
  bool is_good = Json::sax_parse(text, &builder);
  return is_good ? builder.take() : Node{};
}

std::string to_json(const Node& node) {
  std::string out;
  write(node, out);
  return out;
}

}  // namespace fairlead::config
