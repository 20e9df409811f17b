#include "proxy/sticky.h"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::proxy;

namespace {

const std::vector<std::string> kServers = {"http://10.0.0.1:80", "http://10.0.0.2:80", ""};

struct Request {
  explicit Request(std::string_view cookie) {
    if (!cookie.empty()) head.headers.add(http::FieldId::cookie, cookie);
  }
  Arena arena;
  http::RequestHead head{arena};
};

std::string cookie_of(const CookieSettings& settings) {
  Stickiness sticky(settings, "app@docker", kServers);
  Arena arena;
  http::ResponseHead head(arena);
  sticky.set(head, 0);
  return std::string(head.headers.get(http::FieldId::set_cookie));
}

}  // namespace

TEST_CASE("names_and_values_are_those_of_traefik") {
  CHECK(sticky_cookie_name("app@docker") == "_a9f6e");
  CHECK(sticky_value("http://10.0.0.1:80") == "df5bd2f9c0180410");
}

TEST_CASE("every_key_shows_in_the_cookie") {
  const std::string value = "df5bd2f9c0180410";
  CookieSettings settings;
  CHECK(cookie_of(settings) == "_a9f6e=" + value + "; Path=/");
  settings.name = "my session";
  CHECK(cookie_of(settings) == "my_session=" + value + "; Path=/");
  settings.name = "s";
  settings.path = "/app";
  settings.domain = ".example.com";
  settings.max_age = 3600;
  settings.is_http_only = settings.is_secure = true;
  settings.same_site = "none";
  CHECK(cookie_of(settings) ==
        "s=" + value +
            "; Path=/app; Domain=example.com; Max-Age=3600; HttpOnly; Secure; SameSite=None");
  settings = {.name = "s", .path = "", .same_site = "lax", .max_age = -1};
  CHECK(cookie_of(settings) == "s=" + value + "; Max-Age=0; SameSite=Lax");
  settings = {.name = "s", .same_site = "strict"};
  CHECK(cookie_of(settings) == "s=" + value + "; Path=/; SameSite=Strict");
}

TEST_CASE("a_session_is_found_by_its_cookie_also_by_one_of_older_kind") {
  Stickiness sticky({.name = "s"}, "app@docker", kServers, {{"other", 1}});
  struct Row {
    std::string cookie;
    int target;  // -1: none
    bool is_written_today;
  };
  const Row rows[] = {
      {"s=df5bd2f9c0180410", 0, true},
      {"a=b; s=\"df5bd2f9c0180410\"; c=d", 0, true},
      {"s=" + sticky_value("http://10.0.0.2:80"), 1, true},
      {"s=6773b9eb3f0631af", 0, false},
      {"s=a3882de487ebf0dc", 0, false},
      {"s=http://10.0.0.2:80", 1, false},
      {"s=" + sticky_value("other"), 1, false},
      {"s=" + sticky_value(""), -1, false},
      {"s=", -1, false},
      {"s=nonsense", -1, false},
      {"t=df5bd2f9c0180410", -1, false},
      {"", -1, false},
  };
  for (const Row& row : rows) {
    INFO(row.cookie);
    Request request(row.cookie);
    auto session = sticky.find(request.head);
    CHECK(session.has_value() == (row.target >= 0));
    if (!session) continue;
    CHECK(static_cast<int>(session->target) == row.target);
    CHECK(session->is_written_today == row.is_written_today);
  }
}
