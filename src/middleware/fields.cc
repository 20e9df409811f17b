#include "middleware/fields.h"

#include <algorithm>
#include <map>
#include <memory_resource>

namespace fairlead::middleware {
namespace {

// Written by the codecs from how a message is framed; a configured value would break the framing.
constexpr std::string_view kConnectionFields[] = {
    "Connection", "Content-Length",    "Keep-Alive", "TE",
    "Trailer",    "Transfer-Encoding", "Upgrade",    "Proxy-Connection"};

bool belongs_to_connection(std::string_view name) {
  return std::any_of(std::begin(kConnectionFields), std::end(kConnectionFields),
                     [&](std::string_view field) { return http::equals_ignore_case(field, name); });
}

bool is_spelling_of(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  auto folded = [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(),
                    [&](char x, char y) { return folded(x) == folded(y); });
}

bool check_field_name(config::Reader& options, std::string_view key, std::string_view name) {
  if (is_field_name(name)) return true;
  options.error(key, "\"" + std::string(name) + "\" is not the name of a header field");
  return false;
}

}  // namespace

void FieldRule::apply(http::HeaderMap& headers) const {
  if (value.empty())
    headers.remove(name);
  else
    headers.set(name, value);
}

bool is_field_name(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool check_field_value(config::Reader& options, std::string_view key, std::string_view value) {
  if (is_field_value(value)) return true;
  options.error(key,
                "holds a line break or another control character, which no header field can carry");
  return false;
}

std::vector<FieldRule> read_field_rules(config::Reader& options, std::string_view key) {
  std::map<std::string, std::string> fields;
  std::vector<FieldRule> rules;
  options.read(key, fields);
  for (auto& [name, value] : fields) {
    std::string path = std::string(key) + "." + name;
    if (!check_field_name(options, key, name) || !check_field_value(options, path, value)) continue;
    if (belongs_to_connection(name)) {
      options.error(path, "belongs to the connection and is set by the proxy itself; remove it");
      continue;
    }
    rules.push_back({name, value});
  }
  return rules;
}

std::vector<std::string> read_field_names(config::Reader& options, std::string_view key) {
  std::vector<std::string> names;
  options.read(key, names);
  std::erase_if(names,
                [&](const std::string& name) { return !check_field_name(options, key, name); });
  return names;
}

void unlist_from_connection(http::HeaderMap& headers, std::string_view name) {
  for (http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::connection) continue;
    auto is_it = [&](std::string_view element) { return http::equals_ignore_case(element, name); };
    if (!any_element(field.value, is_it)) continue;
    std::pmr::string kept(&headers.arena());
    any_element(field.value, [&](std::string_view element) {
      if (!is_it(element)) {
        if (!kept.empty()) kept += ", ";
        kept += element;
      }
      return false;
    });
    field.value = headers.arena().copy(kept);
  }
  headers.remove_if(
      [](const http::Field& f) { return f.id == http::FieldId::connection && f.value.empty(); });
}

void remove_trusted_field(http::HeaderMap& headers, std::string_view name) {
  headers.remove_if([&](const http::Field& field) { return is_spelling_of(field.name, name); });
  unlist_from_connection(headers, name);
}

void set_trusted_field(http::HeaderMap& headers, std::string_view name, std::string_view value) {
  remove_trusted_field(headers, name);
  headers.add(name, value);
}

}  // namespace fairlead::middleware
