#include "proxy/sticky.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "tls/digest.h"
#include "upstream/hashing.h"
#include "upstream/request_key.h"

namespace fairlead::proxy {
namespace {

// RFC 6265 §4.1.1: a name is a token.
std::string cookie_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    bool is_token = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                    std::string_view("!#$%&'*+-.^_`|~").contains(c);
    if (!is_token) c = '_';
  }
  return out;
}

// In the order in which Traefik writes them.
std::string attributes(const CookieSettings& settings) {
  std::string out;
  if (!settings.path.empty()) out += "; Path=" + settings.path;
  std::string_view domain = settings.domain;
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (!domain.empty()) out.append("; Domain=").append(domain);
  if (settings.max_age != 0) {
    out += "; Max-Age=" + std::to_string(std::max<int64_t>(settings.max_age, 0));
  }
  if (settings.is_http_only) out += "; HttpOnly";
  if (settings.is_secure) out += "; Secure";
  if (settings.same_site == "none") out += "; SameSite=None";
  if (settings.same_site == "lax") out += "; SameSite=Lax";
  if (settings.same_site == "strict") out += "; SameSite=Strict";
  return out;
}

std::string fnv_value(std::string_view text) {
  char digits[16];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, upstream::fnv1(text), 16);
  return {digits, end};
}

}  // namespace

std::string sticky_value(std::string_view target_name) {
  return tls::hex(tls::view(tls::sha256(target_name))).substr(0, 16);
}

std::string sticky_cookie_name(std::string_view service) {
  std::string text = "_TRAEFIK_BACKEND_" + std::string(service);
  return "_" + tls::hex(tls::view(tls::sha1(text))).substr(0, 5);
}

Stickiness::Stickiness(const CookieSettings& settings, std::string_view service,
                       const std::vector<std::string>& targets,
                       const std::vector<std::pair<std::string, size_t>>& further)
    : name_(settings.name.empty() ? sticky_cookie_name(service) : cookie_name(settings.name)) {
  std::string tail = attributes(settings);
  for (size_t i = 0; i < targets.size(); ++i) {
    lines_.push_back(name_ + "=" + sticky_value(targets[i]) + tail);
    if (!targets[i].empty()) sessions_.try_emplace(sticky_value(targets[i]), Session{i, true});
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].empty()) accept(targets[i], i);
  }
  for (const auto& [target_name, target] : further) {
    sessions_.try_emplace(sticky_value(target_name), Session{target, false});
    accept(target_name, target);
  }
}

// What Traefik wrote before: the name itself, its FNV hash, and the hash of that.
void Stickiness::accept(const std::string& target_name, size_t target) {
  sessions_.try_emplace(target_name, Session{target, false});
  sessions_.try_emplace(fnv_value(target_name), Session{target, false});
  sessions_.try_emplace(fnv_value(fnv_value(target_name)), Session{target, false});
}

std::optional<Stickiness::Session> Stickiness::find(const http::RequestHead& request) const {
  std::optional<std::string_view> value = upstream::cookie_value(request.headers, name_);
  if (!value) return std::nullopt;
  auto found = sessions_.find(*value);
  if (found == sessions_.end()) return std::nullopt;
  return found->second;
}

void Stickiness::set(http::ResponseHead& head, size_t target) const {
  head.headers.add(http::FieldId::set_cookie, lines_[target]);
}

}  // namespace fairlead::proxy
