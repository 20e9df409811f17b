// Sessions that stay where they began: a cookie names the server (or the child service) that
// answered first. Its values are Traefik's, so cookies of either proxy hold with the other: the
// first 16 hex digits of SHA-256, and of old the FNV hashes, which are accepted and written anew.
// Immutable, shared by all workers; finding a session allocates nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/exchange.h"

namespace fairlead::proxy {

struct CookieSettings {
  std::string name;  // "" = made from the service's name
  std::string path = "/", domain = {}, same_site = {};
  bool is_secure = false, is_http_only = false;
  int64_t max_age = 0;  // seconds; 0: until the browser closes; below 0: expires at once
};

class Stickiness {
 public:
  // `targets` are the names to be hashed, by the number of their target; "" is never a target.
  // Further names of a target are accepted too.
  Stickiness(const CookieSettings& settings, std::string_view service,
             const std::vector<std::string>& targets,
             const std::vector<std::pair<std::string, size_t>>& further = {});

  struct Session {
    size_t target;
    bool is_written_today;  // with the value that set() would write
  };
  std::optional<Session> find(const http::RequestHead& request) const;
  // Puts the cookie into a response.
  void set(http::ResponseHead& head, size_t target) const;

  const std::string& name() const { return name_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void accept(const std::string& target_name, size_t target);

  std::string name_;
  std::vector<std::string> lines_;  // Set-Cookie, by target
  std::unordered_map<std::string, Session, Hash, std::equal_to<>> sessions_;  // by cookie value
};

// The value that stands for a target.
std::string sticky_value(std::string_view target_name);
// "_a9f6e" of "app@docker".
std::string sticky_cookie_name(std::string_view service);

}  // namespace fairlead::proxy
