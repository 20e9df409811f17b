#include "providers/kubernetes/json_view.h"

namespace fairlead::providers::kubernetes {

Json parse_json_text(std::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, false);
}

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

const Json& member(const Json& object, std::initializer_list<const char*> path) {
  const Json* at = &object;
  for (const char* key : path) at = &member(*at, key);
  return *at;
}

std::string text(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

std::string text(const Json& object, const char* key) { return text(member(object, key)); }

int64_t number(const Json& object, const char* key, int64_t otherwise) {
  const Json& value = member(object, key);
  return value.is_number_integer() ? value.get<int64_t>() : otherwise;
}

bool flag(const Json& object, const char* key, bool otherwise) {
  const Json& value = member(object, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> all;
  if (!list.is_array()) return all;
  for (const Json& item : list) {
    if (item.is_string()) all.push_back(item.get_ref<const std::string&>());
  }
  return all;
}

std::map<std::string, std::string> text_map(const Json& object) {
  std::map<std::string, std::string> all;
  if (!object.is_object()) return all;
  for (auto at = object.begin(); at != object.end(); ++at) {
    if (at->is_string()) all.emplace(at.key(), at->get_ref<const std::string&>());
  }
  return all;
}

}  // namespace fairlead::providers::kubernetes
