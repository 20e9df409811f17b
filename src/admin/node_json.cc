// Options as JSON. A Node does not say what its scalars are (labels know only text), so the few
// options that are numbers are listed here; booleans are recognised by their words, except where a
// name of the user's own stands for the key.
#include <algorithm>
#include <span>

#include "admin/json.h"

namespace fairlead::admin {
namespace {

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  auto same = [&](std::string_view other) {
    return std::ranges::equal(word, other, [](char a, char b) { return (a | 32) == (b | 32); });
  };
  return std::ranges::any_of(words, same);
}

constexpr std::string_view kNumbers[] = {"amount",
                                         "attempts",
                                         "average",
                                         "burst",
                                         "checkPeriodMs",
                                         "depth",
                                         "failures",
                                         "ipv6Subnet",
                                         "limit",
                                         "maxAge",
                                         "maxBodySize",
                                         "maxFailedAttempts",
                                         "maxIdleConnsPerHost",
                                         "maxRequestBodyBytes",
                                         "maxResponseBodyBytes",
                                         "maxResponseBodySize",
                                         "memRequestBodyBytes",
                                         "memResponseBodyBytes",
                                         "minResponseBodyBytes",
                                         "percent",
                                         "priority",
                                         "responseCode",
                                         "stsSeconds",
                                         "accessControlMaxAge",
                                         "terminationDelay",
                                         "version",
                                         "weight"};

// Maps whose keys are the user's: their values stay text.
constexpr std::string_view kTextMaps[] = {"customRequestHeaders", "customResponseHeaders",
                                          "sslProxyHeaders", "headers", "statusRewrites"};

// user:hash, one by one. Of digestAuth user:realm:hash.
constexpr std::string_view kUserLists[] = {"users"};
constexpr std::string_view kSecrets[] = {"password", "secret", "clientSecret", "sessionSecret",
                                         "token",    "apiKey", "key",          "keyFile"};
constexpr std::string_view kSecretHeaders[] = {"Authorization", "Proxy-Authorization"};

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() < 19 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string masked_user(const std::string& user) {
  size_t colon = user.rfind(':');
  if (colon == user.npos) return std::string(kMasked);
  return user.substr(0, colon + 1) + std::string(kMasked);
}

// Several users may stand in one scalar, one a comma or a line.
std::string masked_users(const std::string& users) {
  std::string out;
  for (size_t start = 0; start <= users.size();) {
    size_t end = std::min(users.find_first_of(",\n", start), users.size());
    std::string user = users.substr(start, end - start);
    if (!user.empty()) out += masked_user(user);
    if (end < users.size()) out += users[end];
    start = end + 1;
  }
  return out;
}

enum class Keys : uint8_t { options, names };

Json scalar(std::string_view key, const config::Node& node, Keys keys) {
  const std::string& text = node.scalar;
  if (keys == Keys::names) return is_one_of(key, kSecretHeaders) ? std::string(kMasked) : text;
  if (is_one_of(key, kUserLists)) return masked_users(text);
  // A path to a key file says nothing; inline PEM does.
  bool is_path = text.starts_with('/') && text.find('\n') == text.npos;
  if (is_one_of(key, kSecrets) && !text.empty() && !is_path) return kMasked;
  if (text.find("PRIVATE KEY-----") != text.npos) return kMasked;
  if (!node.is_string && text == "true") return true;
  if (!node.is_string && text == "false") return false;
  if (is_integer(text) && is_one_of(key, kNumbers)) return std::stoll(text);
  return text;
}

Json convert(std::string_view key, const config::Node& node, Keys keys);

Json convert_map(const config::Node& node, Keys keys) {
  Json out = Json::object();
  for (const config::Member& member : node.members) {
    out[member.key] = convert(member.key, member.value, keys);
  }
  return out;
}

Json convert_list(std::string_view key, const config::Node& node, Keys keys) {
  Json out = Json::array();
  for (const config::Node& item : node.items) {
    // Elements of lists are words: a status "500" is no number.
    bool is_word = item.is_scalar() && !is_one_of(key, kUserLists);
    out.push_back(is_word ? Json(item.scalar) : convert(key, item, keys));
  }
  return out;
}

Json convert(std::string_view key, const config::Node& node, Keys keys) {
  switch (node.kind) {
    case config::Node::Kind::null:
      return nullptr;
    case config::Node::Kind::scalar:
      return scalar(key, node, keys);
    case config::Node::Kind::list:
      return convert_list(key, node, keys);
    case config::Node::Kind::map:
      break;
  }
  return convert_map(node, is_one_of(key, kTextMaps) ? Keys::names : Keys::options);
}

}  // namespace

Json shown(const config::Node& node) {
  if (!node.is_map()) return convert({}, node, Keys::options);
  Json out = Json::object();
  for (const config::Member& member : node.members) {
    // At the top "headers" is the type of a middleware, not a map of header fields.
    bool is_object = member.value.is_map();
    out[member.key] = is_object ? convert_map(member.value, Keys::options)
                                : convert(member.key, member.value, Keys::options);
  }
  return out;
}

}  // namespace fairlead::admin
