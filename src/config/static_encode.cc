#include <charconv>

#include "config/static_fields.h"

namespace fairlead::config {
namespace {

constexpr const char* kMask = "*****";

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// Whether a key of a raw section holds what must not be shown.
bool is_secret_key(const std::string& key) {
  std::string word = lower(key);
  for (const char* part : {"password", "secret", "token", "hmac", "apikey", "accesskey"}) {
    if (word.find(part) != std::string::npos) return true;
  }
  return word == "key" || word == "keyfile";
}

bool is_private_key(const std::string& text) {
  return text.find("PRIVATE KEY-----") != std::string::npos;
}

// A path says where a secret is, not what it is.
bool is_path(const std::string& text) { return text.starts_with('/') || text.starts_with("./"); }

void mask_scalars(Node& node) {
  if (node.is_scalar() && !node.scalar.empty() && !is_path(node.scalar)) node.scalar = kMask;
  for (Node& item : node.items) mask_scalars(item);
  for (Member& member : node.members) mask_scalars(member.value);
}

void mask_raw(Node& node) {
  if (node.is_scalar() && is_private_key(node.scalar)) node.scalar = kMask;
  for (Node& item : node.items) mask_raw(item);
  for (Member& member : node.members) {
    bool is_secret = is_secret_key(member.key) || lower(member.key) == "headers";
    is_secret ? mask_scalars(member.value) : mask_raw(member.value);
  }
}

Node to_node(const std::string& value) { return Node::string(value); }
Node to_node(bool value) { return Node::text(value ? "true" : "false"); }
Node to_node(int64_t value) { return Node::text(std::to_string(value)); }
Node to_node(Milliseconds value) { return Node::text(format_duration(value)); }
Node to_node(double value) {
  char digits[64];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  return Node::text(std::string(digits, end));
}
template <class T>
Node to_node(const std::vector<T>& values) {
  Node list = Node::list();
  for (const T& value : values) list.items.push_back(to_node(value));
  return list;
}
Node to_node(const std::map<std::string, std::string>& values) {
  Node map = Node::map();
  for (const auto& [key, value] : values) map.members.push_back({key, to_node(value)});
  return map;
}

// The visitor that writes a section as a map.
class Encoder {
 public:
  Encoder(Node& map, Secrets secrets) : map_(map), secrets_(secrets) {}

  template <class T>
  void value(const char* key, const T& field, const char*) {
    add(key, to_node(field));
  }
  void value(const char* key, const std::optional<Milliseconds>& field, const char*) {
    if (field) add(key, to_node(*field));
  }
  void secret(const char* key, const std::string& field, const char*) {
    bool is_masked = secrets_ == Secrets::masked && !field.empty() && !is_path(field);
    add(key, Node::string(is_masked ? kMask : field));
  }
  void number(const char* key, int64_t field, int64_t, int64_t, const char*) {
    add(key, to_node(field));
  }
  void word(const char* key, const std::string& field, const std::vector<std::string_view>&,
            const char*) {
    add(key, to_node(field));
  }
  void words(const char* key, const std::map<std::string, std::string>& field,
             const std::vector<std::string_view>&, const char*) {
    add(key, to_node(field));
  }
  void ips(const char* key, const std::vector<std::string>& field, const char*) {
    add(key, to_node(field));
  }
  template <class T>
  void section(const char* key, const T& field, const char*) {
    Node inner = encoded(field);
    if (!inner.members.empty()) add(key, std::move(inner));
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& field, const char*) {
    if (field) add(key, encoded(*field));
  }
  template <class T>
  void named(const char* key, const std::map<std::string, T>& field, const char*) {
    Node inner = Node::map();
    for (const auto& [name, object] : field) inner.members.push_back({name, encoded(object)});
    add(key, std::move(inner));
  }
  template <class T>
  void items(const char* key, const std::vector<T>& field, const char*) {
    Node list = Node::list();
    for (const T& item : field) list.items.push_back(encoded(item));
    add(key, std::move(list));
  }
  void raw(const char* key, const std::optional<Node>& field, const char*) {
    if (!field) return;
    Node copy = *field;
    if (secrets_ == Secrets::masked) mask_raw(copy);
    add(key, std::move(copy));
  }
  void unserved(const char*, const char*) {}

 private:
  template <class T>
  Node encoded(const T& field) {
    Node inner = Node::map();
    Encoder encoder(inner, secrets_);
    fields(encoder, field);
    return inner;
  }
  void add(const char* key, Node node) { map_.members.push_back({key, std::move(node)}); }

  Node& map_;
  Secrets secrets_;
};

}  // namespace

Node encode_static(const StaticConfig& config, Secrets secrets) {
  Node map = Node::map();
  Encoder encoder(map, secrets);
  fields(encoder, config);
  return map;
}

}  // namespace fairlead::config
