// A configuration document before it means anything: scalars, lists and maps, whichever carrier
// they came from (YAML, TOML, JSON, labels, environment, flags). Keys keep their spelling and are
// looked up without case. Each scalar knows where it came from. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.h"

namespace fairlead::config {

struct Member;

struct Node {
  enum class Kind : uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  // A scalar written as a string ("8080" in quotes): the writers keep it one. Not compared.
  bool is_string = false;
  std::string scalar;           // text of a scalar, as written ("true", "10s", "8080")
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a map, in order
  std::string origin;  // "file /etc/traefik.yml:12", "flag --ping", "label traefik.…"; not compared

  // Compares maps in order and keys by spelling.
  bool operator==(const Node& other) const;

  static Node text(std::string value, std::string origin = {});
  // A scalar that the writers keep a string even when it looks like a number or a boolean.
  static Node string(std::string value, std::string origin = {});
  static Node map();
  static Node list();

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }

  // The same spelling first, then without case; null when absent or not a map.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  // The member, made (as null) when absent; a node that is not a map becomes an empty one.
  Node& at(std::string_view key);
  // Follows a dotted path, making maps; "[n]" elements make lists ("tls.domains[0].main"). What
  // cannot be followed (an index above 9999, a "[" without "]", more than 100 elements) becomes
  // part of a key, to be reported as unknown.
  Node& at_path(std::string_view path);
  bool erase(std::string_view key);
};

struct Member {
  std::string key;
  Node value;
};

// Lays `over` on top of `under`: maps member by member, everything else replaced whole; but null
// and "true" over a map only say that the section is on, and leave its members alone.
void overlay(Node& under, const Node& over);

// Bounds on what a parser builds, aliases counted as often as they are used.
inline constexpr int kMaxNodeDepth = 100;
inline constexpr size_t kMaxNodes = 1'000'000;

// Parsers. On a syntax error: a Diagnostic with line and column in `message`, and a null Node.
// `source` goes into origins ("file /etc/traefik.yml").
Node parse_yaml(std::string_view text, std::string_view source, Diagnostics& diagnostics);
Node parse_toml(std::string_view text, std::string_view source, Diagnostics& diagnostics);
Node parse_json(std::string_view text, std::string_view source, Diagnostics& diagnostics);
// By file name ending: .yml .yaml .toml .json
Node parse_file_text(std::string_view path, std::string_view text, Diagnostics& diagnostics);

// Writers, for `print` and the API. Deterministic.
std::string to_yaml(const Node& node);
// The same with a comment behind each scalar that says where its value came from.
std::string to_yaml_with_origins(const Node& node);
std::string to_json(const Node& node);

}  // namespace fairlead::config
