#include "config/environment.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "config/static_options.h"

namespace fairlead::config {
namespace {

using Kind = Option::Kind;
using Keys = std::vector<std::string>;  // a path, from the root down; "[3]" is an index

constexpr std::string_view kConfigFile = "CONFIGFILE";

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// A free name: variables are upper-case by custom, names are not.
std::string free_name(std::string_view text) {
  std::string out(text);
  if (std::ranges::any_of(out, [](unsigned char c) { return std::islower(c); })) return out;
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 5 && text.find_first_not_of("0123456789") == text.npos;
}

// The rest of a variable's name behind `key` and its "_"; nothing when it does not begin with it.
std::optional<std::string_view> behind(std::string_view text, std::string_view key) {
  if (upper(text.substr(0, key.size())) != upper(key)) return std::nullopt;
  if (text.size() == key.size()) return "";
  if (text[key.size()] == '_') return text.substr(key.size() + 1);
  bool is_index = text[key.size()] == '[';
  return is_index ? std::optional(text.substr(key.size())) : std::nullopt;
}

std::optional<Keys> resolve(const Option& option, std::string_view rest);

std::optional<Keys> in_front(std::string key, std::optional<Keys> keys) {
  if (keys) keys->insert(keys->begin(), std::move(key));
  return keys;
}

// "0_MAIN" or "[0]_MAIN" below a list.
std::optional<Keys> resolve_index(const Option& option, std::string_view rest) {
  bool has_bracket = rest.starts_with('[');
  if (has_bracket) rest.remove_prefix(1);
  size_t end = std::min(rest.find(has_bracket ? ']' : '_'), rest.size());
  std::string_view digits = rest.substr(0, end);
  if (!is_number(digits)) return std::nullopt;
  rest.remove_prefix(std::min(end + (has_bracket ? 1 : 0), rest.size()));
  if (rest.starts_with('_')) rest.remove_prefix(1);
  std::string key = "[" + std::string(digits) + "]";
  if (option.kind == Kind::list) return rest.empty() ? std::optional(Keys{key}) : std::nullopt;
  return in_front(key, resolve(option.children.front(), rest));
}

// The shortest name whose tail is known, so that the tail is the longest.
std::optional<Keys> resolve_name(const Option& option, std::string_view rest) {
  for (size_t end = rest.find('_', 1); end < rest.size(); end = rest.find('_', end + 1)) {
    auto keys = resolve(option.children.front(), rest.substr(end + 1));
    if (keys && !keys->empty()) return in_front(free_name(rest.substr(0, end)), std::move(keys));
  }
  // The name alone switches it on; with a "_" it may just as well be a misspelt tail.
  if (rest.find('_') != std::string_view::npos) return std::nullopt;
  return Keys{free_name(rest)};
}

Keys split_raw(std::string_view rest) {
  Keys keys;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('_'), rest.size());
    if (is_number(rest.substr(0, end))) {
      keys.push_back("[" + std::string(rest.substr(0, end)) + "]");
    } else {
      keys.push_back(free_name(rest.substr(0, end)));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return keys;
}

// Keys of a map of headers are header names, which hold "-" where a variable can only hold "_".
Keys resolve_map_key(const Option& option, std::string_view rest) {
  std::string key = free_name(rest);
  if (option.meaning.find("header") != std::string::npos) std::ranges::replace(key, '_', '-');
  return {key};
}

std::optional<Keys> resolve(const Option& option, std::string_view rest) {
  if (rest.empty()) return Keys{};
  if (option.kind == Kind::names) return resolve_name(option, rest);
  if (option.kind == Kind::raw) return split_raw(rest);
  if (option.kind == Kind::map) return resolve_map_key(option, rest);
  if (option.kind == Kind::items || option.kind == Kind::list) return resolve_index(option, rest);
  for (const Option& child : option.children) {
    auto tail = behind(rest, child.key);
    if (!tail) continue;
    if (auto keys = resolve(child, *tail)) return in_front(child.key, std::move(keys));
  }
  return std::nullopt;
}

// The variable with its misspelt element mended, or "".
std::string suggestion(const Option& option, std::string_view rest) {
  if (option.kind == Kind::names) {
    size_t end = std::min(rest.find('_'), rest.size());
    if (end == rest.size()) return "";
    std::string tail = suggestion(option.children.front(), rest.substr(end + 1));
    return tail.empty() ? "" : std::string(rest.substr(0, end + 1)) + tail;
  }
  std::vector<std::string_view> names;
  for (const Option& child : option.children) {
    names.push_back(child.key);
    auto tail = behind(rest, child.key);
    if (!tail || tail->empty()) continue;
    std::string mended = suggestion(child, *tail);
    if (!mended.empty()) return upper(child.key) + "_" + mended;
  }
  size_t end = std::min(rest.find('_'), rest.size());
  std::string near = upper(nearest(rest.substr(0, end), names));
  bool is_mended = !near.empty() && near != upper(rest.substr(0, end));
  return is_mended ? near + std::string(rest.substr(end)) : "";
}

// Kubernetes puts FAIRLEAD_API_SERVICE_HOST, FAIRLEAD_API_PORT_80_TCP… into pods beside a Service
// "fairlead-api".
bool is_service_link(std::string_view name, std::string_view value) {
  if (name.find("_SERVICE_HOST") != name.npos || name.find("_SERVICE_PORT") != name.npos)
    return true;
  bool is_port =
      name.ends_with("_PORT") || name.find("_TCP") != name.npos || name.find("_UDP") != name.npos;
  if (!is_port) return false;
  return value.starts_with("tcp://") || value.starts_with("udp://") ||
         name.find("_PORT_") != name.npos;
}

void report_unknown(std::string_view prefix, const std::string& name, Diagnostics& out) {
  const Option& root = static_options();
  std::string_view rest = std::string_view(name).substr(prefix.size());
  bool has_root = std::ranges::any_of(
      root.children, [&](const Option& child) { return behind(rest, child.key).has_value(); });
  std::string mended = suggestion(root, rest);
  if (!has_root && mended.empty()) return;
  std::string message = "names no option";
  if (!mended.empty()) message += "; did you mean " + std::string(prefix) + mended + "?";
  out.push_back({has_root ? Severity::error : Severity::warning, "environment", "", name, message});
}

void put(Node& tree, const Keys& keys, Node value) {
  Node* node = &tree;
  for (const std::string& key : keys) {
    if (key.starts_with('[')) {
      node = &node->at_path(key);
    } else {
      node = &node->at(key);
    }
  }
  // "TRAEFIK_PROVIDERS_DOCKER=true" beside options of docker says nothing new.
  overlay(*node, value);
}

Node read_prefix(std::string_view prefix, const Environment& environment, Diagnostics& out) {
  Node tree;
  for (const auto& [name, value] : environment) {
    if (!upper(name).starts_with(prefix) || is_service_link(name, value)) continue;
    std::string_view rest = std::string_view(name).substr(prefix.size());
    if (rest.empty() || upper(rest) == kConfigFile) continue;
    auto keys = resolve(static_options(), rest);
    if (keys && !keys->empty()) {
      put(tree, *keys, Node::string(value, "environment " + name));
    } else {
      report_unknown(prefix, name, out);
    }
  }
  return tree;
}

}  // namespace

Node read_environment(const Environment& environment, Diagnostics& diagnostics) {
  Environment sorted = environment;
  std::ranges::sort(sorted);
  Node tree = read_prefix("TRAEFIK_", sorted, diagnostics);
  overlay(tree, read_prefix("FAIRLEAD_", sorted, diagnostics));
  return tree;
}

std::string config_file_of(const Environment& environment) {
  std::string found;
  for (std::string_view prefix : {"TRAEFIK_", "FAIRLEAD_"}) {
    for (const auto& [name, value] : environment) {
      if (upper(name) == std::string(prefix) + std::string(kConfigFile)) found = value;
    }
  }
  return found;
}

}  // namespace fairlead::config
