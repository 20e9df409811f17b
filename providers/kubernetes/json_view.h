// Lookups in parsed JSON that cannot throw: a member that is absent or of another type reads as
// empty. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace fairlead::providers::kubernetes {

using Json = nlohmann::json;

// Parsed, or `discarded` when it is no JSON.
Json parse_json_text(std::string_view text);
const Json& member(const Json& object, const char* key);
const Json& member(const Json& object, std::initializer_list<const char*> path);
std::string text(const Json& value);
std::string text(const Json& object, const char* key);
int64_t number(const Json& object, const char* key, int64_t otherwise = 0);
bool flag(const Json& object, const char* key, bool otherwise = false);
std::vector<std::string> texts(const Json& list);
std::map<std::string, std::string> text_map(const Json& object);

}  // namespace fairlead::providers::kubernetes
