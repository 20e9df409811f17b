#include "config/node.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace fairlead::config {
namespace {

constexpr size_t kMaxListIndex =
    9999;  // more is a slip or an attack on memory, not a list of servers

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct PathStep {
  std::string_view key;         // a map key, when there is no index
  std::optional<size_t> index;  // an element of a list
};

// "[3]" at the start of `path`: its number and length. Nothing when it is not a usable index.
std::optional<std::pair<size_t, size_t>> leading_index(std::string_view path) {
  size_t close = path.find(']');
  if (path.empty() || path[0] != '[' || close == std::string_view::npos) return std::nullopt;
  size_t index = 0;
  const char* end = path.data() + close;
  auto [stop, error] = std::from_chars(path.data() + 1, end, index);
  if (error != std::errc{} || stop != end || index > kMaxListIndex) return std::nullopt;
  if (close + 1 < path.size() && path[close + 1] != '.' && path[close + 1] != '[')
    return std::nullopt;
  return std::pair{index, close + 1};
}

// Takes the first step off `path`.
PathStep next_step(std::string_view& path) {
  if (auto found = leading_index(path)) {
    path.remove_prefix(found->second);
    if (path.starts_with('.')) path.remove_prefix(1);
    return {{}, found->first};
  }
  size_t end = 0;
  while (end < path.size() && path[end] != '.' && !(end > 0 && leading_index(path.substr(end))))
    ++end;
  PathStep step{path.substr(0, end), std::nullopt};
  path.remove_prefix(end);
  if (path.starts_with('.')) path.remove_prefix(1);
  return step;
}

Node& element(Node& list, size_t index) {
  if (!list.is_list()) list = Node::list();
  if (list.items.size() <= index) list.items.resize(index + 1);
  return list.items[index];
}

}  // namespace

bool Node::operator==(const Node& other) const {
  if (kind != other.kind || scalar != other.scalar || items != other.items) return false;
  return std::ranges::equal(members, other.members, [](const Member& a, const Member& b) {
    return a.key == b.key && a.value == b.value;
  });
}

Node Node::text(std::string value, std::string origin) {
  Node node;
  node.kind = Kind::scalar;
  node.scalar = std::move(value);
  node.origin = std::move(origin);
  return node;
}

Node Node::string(std::string value, std::string origin) {
  Node node = text(std::move(value), std::move(origin));
  node.is_string = true;
  return node;
}

Node Node::map() {
  Node node;
  node.kind = Kind::map;
  return node;
}

Node Node::list() {
  Node node;
  node.kind = Kind::list;
  return node;
}

const Node* Node::find(std::string_view key) const {
  const Node* similar = nullptr;
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
    if (!similar && equals_without_case(member.key, key)) similar = &member.value;
  }
  return similar;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}

Node& Node::at(std::string_view key) {
  if (!is_map()) {
    std::string where = std::move(origin);
    *this = map();
    origin = std::move(where);
  }
  if (Node* found = find(key)) return *found;
  members.push_back({std::string(key), Node{}});
  return members.back().value;
}

Node& Node::at_path(std::string_view path) {
  Node* node = this;
  for (int depth = 1; !path.empty(); ++depth) {
    if (depth == kMaxNodeDepth) return node->at(path);
    bool ends_in_dot = path.ends_with('.');
    PathStep step = next_step(path);
    node = step.index ? &element(*node, *step.index) : &node->at(step.key);
    if (path.empty() && ends_in_dot) return node->at("");
  }
  return *node;
}

bool Node::erase(std::string_view key) {
  const Node* found = find(key);
  return std::erase_if(members, [&](const Member& m) { return &m.value == found; }) > 0;
}

void overlay(Node& under, const Node& over) {
  if (over.is_map() && under.is_map()) {
    for (const Member& member : over.members) overlay(under.at(member.key), member.value);
    if (!over.origin.empty()) under.origin = over.origin;
    return;
  }
  bool says_on = over.is_null() || (over.is_scalar() && over.scalar == "true");
  if (under.is_map() && says_on) return;
  if (over.is_null() && !under.is_null()) return;
  under = over;
}

}  // namespace fairlead::config
