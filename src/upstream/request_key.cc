#include "upstream/request_key.h"

namespace fairlead::upstream {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of the first "name=value" among parts set apart by `separator`.
std::optional<std::string_view> pair_value(std::string_view list, char separator,
                                           std::string_view name) {
  while (!list.empty()) {
    size_t end = list.find(separator);
    std::string_view part = trimmed(list.substr(0, end));
    size_t equals = part.find('=');
    if (part.substr(0, equals) == name && !part.empty()) {
      return equals == part.npos ? std::string_view() : part.substr(equals + 1);
    }
    list = end == list.npos ? std::string_view() : list.substr(end + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> cookie_value(const http::HeaderMap& headers,
                                             std::string_view name) {
  for (const http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::cookie) continue;
    std::optional<std::string_view> value = pair_value(field.value, ';', name);
    if (!value) continue;
    bool is_quoted = value->size() > 1 && value->front() == '"' && value->back() == '"';
    return is_quoted ? value->substr(1, value->size() - 2) : *value;
  }
  return std::nullopt;
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  return pair_value(query, '&', name);
}

std::optional<std::string_view> request_key(const http::RequestHead& request, const HashKey& key) {
  switch (key.of) {
    case HashKey::Of::header: {
      const http::Field* field = request.headers.find(key.name);
      return field != nullptr ? std::optional(field->value) : std::nullopt;
    }
    case HashKey::Of::cookie:
      return cookie_value(request.headers, key.name);
    case HashKey::Of::query:
      return query_value(request.query, key.name);
    case HashKey::Of::client:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace fairlead::upstream
