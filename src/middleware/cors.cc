#include "middleware/cors.h"

#include <algorithm>

#include "middleware/fields.h"

namespace fairlead::middleware {
namespace {

constexpr std::string_view kAllowOrigin = "Access-Control-Allow-Origin";
constexpr std::string_view kAllowCredentials = "Access-Control-Allow-Credentials";
constexpr std::string_view kAllowMethods = "Access-Control-Allow-Methods";
constexpr std::string_view kAllowHeaders = "Access-Control-Allow-Headers";
constexpr std::string_view kExposeHeaders = "Access-Control-Expose-Headers";
constexpr std::string_view kMaxAge = "Access-Control-Max-Age";
constexpr std::string_view kRequestMethod = "Access-Control-Request-Method";
constexpr std::string_view kRequestHeaders = "Access-Control-Request-Headers";

void add_vary_origin(http::HeaderMap& headers) {
  for (http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::vary) continue;
    bool is_there = any_element(field.value, [](std::string_view name) {
      return name == "*" || http::equals_ignore_case(name, "Origin");
    });
    if (is_there) return;
  }
  for (http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::vary) continue;
    field.value = headers.arena().join(field.value, field.value.empty() ? "" : ",", "Origin");
    return;
  }
  headers.add(http::FieldId::vary, "Origin");
}

}  // namespace

Cors::Tokens Cors::read_tokens(config::Reader& options, std::string_view key) {
  std::vector<std::string> words;
  Tokens tokens;
  options.read(key, words);
  for (const std::string& word : words) {
    if (!is_field_name(word)) {  // methods and field names are both tokens
      options.error(key, "\"" + word + "\" is not a token");
      continue;
    }
    tokens.is_any |= word == "*";
    if (!tokens.text.empty()) tokens.text += ',';
    tokens.text += word;
  }
  return tokens;
}

Cors Cors::read(config::Reader& options) {
  Cors cors;
  std::optional<int64_t> max_age;
  options.read("accessControlAllowOriginList", cors.origins_);
  std::erase_if(cors.origins_, [&](const std::string& origin) {
    return !check_field_value(options, "accessControlAllowOriginList", origin);
  });
  cors.origin_regexes_ = read_regexes(options, "accessControlAllowOriginListRegex");
  cors.methods_ = read_tokens(options, "accessControlAllowMethods");
  cors.headers_ = read_tokens(options, "accessControlAllowHeaders");
  cors.exposed_ = read_tokens(options, "accessControlExposeHeaders");
  options.read("accessControlAllowCredentials", cors.allows_credentials_);
  options.read("addVaryHeader", cors.adds_vary_);
  if (options.read("accessControlMaxAge", max_age) && max_age)
    cors.max_age_ = std::to_string(*max_age);
  cors.is_active_ = !cors.origins_.empty() || !cors.origin_regexes_.empty() ||
                    !cors.methods_.text.empty() || !cors.headers_.text.empty() ||
                    !cors.exposed_.text.empty() || !cors.max_age_.empty() ||
                    cors.allows_credentials_ || cors.adds_vary_;
  return cors;
}

bool Cors::is_preflight(const http::RequestHead& request) const {
  return is_active_ && request.method == http::Method::options &&
         !request.headers.get(http::FieldId::origin).empty() &&
         !request.headers.get(kRequestMethod).empty();
}

std::string_view Cors::allowed_origin(std::string_view origin) const {
  if (origin.empty()) {
    // A cacheable answer to a request without Origin serves later ones with it.
    bool is_any = std::find(origins_.begin(), origins_.end(), "*") != origins_.end();
    return is_any && !allows_credentials_ ? "*" : "";
  }
  for (const std::string& allowed : origins_) {
    // With credentials browsers refuse "*", so the origin itself is named.
    if (allowed == "*") return allows_credentials_ ? origin : "*";
    if (allowed == origin) return origin;
  }
  for (const Regex& regex : origin_regexes_) {
    if (re2::RE2::PartialMatch({origin.data(), origin.size()}, *regex)) return origin;
  }
  return {};
}

void Cors::mark_origin(std::string_view origin, http::HeaderMap& headers) const {
  std::string_view allowed = allowed_origin(origin);
  if (!allowed.empty()) headers.set(kAllowOrigin, allowed);
  if (allows_credentials_) headers.set(kAllowCredentials, "true");
  if (adds_vary_) add_vary_origin(headers);
}

pipeline::Response Cors::answer_preflight(pipeline::Exchange& x) const {
  pipeline::Response response = x.reply(200);
  http::HeaderMap& headers = response.head->headers;
  const http::HeaderMap& asked = x.request.headers;
  mark_origin(asked.get(http::FieldId::origin), headers);
  // With credentials "*" would be taken for a method or field of that name.
  auto answer = [&](std::string_view name, const Tokens& tokens, std::string_view requested) {
    if (tokens.text.empty()) return;
    bool echoes = tokens.is_any && allows_credentials_;
    std::string_view value = echoes ? asked.get(requested) : std::string_view(tokens.text);
    if (!value.empty()) headers.set(name, value);
  };
  answer(kAllowMethods, methods_, kRequestMethod);
  answer(kAllowHeaders, headers_, kRequestHeaders);
  if (!max_age_.empty()) headers.set(kMaxAge, max_age_);
  return response;
}

void Cors::mark(std::string_view origin, http::ResponseHead& head) const {
  if (!is_active_) return;
  mark_origin(origin, head.headers);
  if (!exposed_.text.empty()) head.headers.set(kExposeHeaders, exposed_.text);
}

}  // namespace fairlead::middleware
