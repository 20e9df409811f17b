#include <cstdio>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/base64.h"
#include "io/uv_loop.h"
#include "tests/support/middleware_harness.h"

using fairlead::base64_encode;
using fairlead::testing::FieldList;
using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestRequest;

namespace {

// Password "secret" each.
constexpr std::string_view kUsers =
    "users: ['sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',"
    " 'apr:$apr1$jGwBNicu$pIY1HyujA44p212QPQef70',"
    " 'bcrypt:$2y$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci',"
    " 'five:$5$rounds=1000$JTfMQ4.4840AxW0C$gCkscnuv.d8ZQucS7uxtUrOJrhp9EYxyOmQ94cen00B']";
constexpr std::string_view kSha = "users: ['sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=']";

TestRequest with_authorization(std::string value, FieldList more = {}) {
  more.emplace_back("Authorization", std::move(value));
  return {.headers = std::move(more)};
}
TestRequest as(std::string_view user, std::string_view password, FieldList more = {}) {
  return with_authorization(
      "Basic " + base64_encode(std::string(user) + ":" + std::string(password)), std::move(more));
}

std::string options(std::string_view more) {
  return "{" + std::string(kSha) + ", " + std::string(more) + "}";
}

class TempFile {
 public:
  explicit TempFile(std::string_view text) {
    static int number = 0;
    path_ = std::string(P_tmpdir) + "/fairlead_basic_auth_" + std::to_string(getpid()) + "_" +
            std::to_string(number++);
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("every_kind_of_hash_lets_its_user_in") {
  fairlead::io::UvLoop loop;
  MiddlewareHarness harness("basicAuth", kUsers);
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  harness.loop = &loop;
  for (std::string_view user : {"sha", "apr", "bcrypt", "five"}) {
    CAPTURE(user);
    auto right = harness.run(as(user, "secret"));
    CHECK(right.status == 200);
    CHECK(right.user == user);
    CHECK(harness.run(as(user, "secret")).status == 200);  // from the cache
    CHECK(harness.run(as(user, "Secret")).status == 401);
    CHECK(harness.run(as(user, "")).status == 401);
  }
  CHECK(harness.run(as("nobody", "secret")).status == 401);
  CHECK(harness.seen.size() == 8);
  CHECK(harness.last().header("Authorization") == "Basic " + base64_encode("five:secret"));
}

TEST_CASE("equal_requests_at_once_are_all_answered") {
  fairlead::io::UvLoop loop;
  MiddlewareHarness harness("basicAuth", kUsers);
  harness.loop = &loop;
  std::vector<TestRequest> requests(20, as("bcrypt", "secret"));
  requests.resize(40, as("bcrypt", "wrong"));
  requests.resize(60, as("nobody", "secret"));
  auto answers = harness.run_together(requests);
  for (size_t i = 0; i < answers.size(); ++i) {
    CAPTURE(i);
    CHECK(answers[i].status == (i < 20 ? 200 : 401));
  }
  CHECK(harness.seen.size() == 20);
}

TEST_CASE("without_the_cache_every_request_is_checked") {
  fairlead::io::UvLoop loop;
  MiddlewareHarness harness(
      "basicAuth",
      "{users: ['b:$2y$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci'], cache: 0}");
  harness.loop = &loop;
  CHECK(harness.run(as("b", "secret")).status == 200);
  CHECK(harness.run(as("b", "secret")).status == 200);
  CHECK(harness.run(as("b", "wrong")).status == 401);
}

TEST_CASE("credentials_that_are_not_well_formed_are_challenged") {
  const std::string right = base64_encode("sha:secret");
  const std::pair<std::string, unsigned> rows[] = {
      {"Basic " + right, 200},
      {"bASIC " + right, 200},
      {"Basic" + right, 401},
      {"Basic  " + right, 401},
      {"Bearer " + right, 401},
      {"Basic " + right.substr(0, right.size() - 1), 401},
      {"Basic " + base64_encode("sha"), 401},
      {"Basic " + base64_encode(std::string("sha\0:secret", 11)), 401},
      {"Basic " + base64_encode("sha:" + std::string(2000, 'x')), 401},
      {"Basic ", 401},
      {"", 401},
  };
  for (const auto& [field, status] : rows) {
    CAPTURE(field);
    MiddlewareHarness harness("basicAuth", kSha);
    auto answer = harness.run(with_authorization(field));
    CHECK(answer.status == status);
    if (status == 200) continue;
    CHECK(answer.header("WWW-Authenticate") == "Basic realm=\"traefik\"");
    CHECK(answer.body == "401 Unauthorized\n");
    CHECK(harness.seen.empty());
  }
  MiddlewareHarness harness("basicAuth", kSha);
  CHECK(harness.run({}).status == 401);
}

TEST_CASE("the_realm_is_quoted") {
  MiddlewareHarness harness("basicAuth", options("realm: 'my \"own\" \\ realm'"));
  CHECK(harness.run({}).header("WWW-Authenticate") == "Basic realm=\"my \\\"own\\\" \\\\ realm\"");
}

TEST_CASE("remove_header_hides_the_credentials") {
  MiddlewareHarness harness("basicAuth", options("removeHeader: true"));
  CHECK(harness.run(as("sha", "secret")).status == 200);
  CHECK_FALSE(harness.last().has("Authorization"));
}

TEST_CASE("header_field_names_the_user_and_nobody_else") {
  MiddlewareHarness harness("basicAuth", options("headerField: X-Auth-User"));
  harness.run(as("sha", "secret",
                 {{"x-auth-user", "root"},
                  {"X_Auth_User", "root"},
                  {"X-Auth_User", "root"},
                  {"Connection", "x-auth-user"}}));
  CHECK(harness.last().header("X-Auth-User") == "sha");
  CHECK_FALSE(harness.last().has("X_Auth_User"));
  CHECK_FALSE(harness.last().has("X-Auth_User"));
  CHECK_FALSE(harness.last().has("Connection"));
}

TEST_CASE("users_come_from_a_file_and_inline_ones_win") {
  TempFile file(
      "# comment\n\n  fromfile:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r\n"
      "sha:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n");
  MiddlewareHarness harness("basicAuth", options("usersFile: " + file.path()));
  CHECK(harness.faults() == "");
  CHECK(harness.run(as("fromfile", "secret")).status == 200);
  CHECK(harness.run(as("sha", "secret")).status == 200);
  CHECK(harness.run(as("sha", "test")).status == 401);

  MiddlewareHarness only_file("basicAuth", "usersFile: " + file.path());
  CHECK(only_file.run(as("sha", "test")).status == 200);
}

TEST_CASE("basic_auth_names_the_option_that_is_wrong") {
  struct Fault {
    std::string options;
    std::string_view words;
    bool is_made;
  };
  const Fault faults[] = {
      {"{}", "error: users: needs at least one usable user", false},
      {"users: [nocolon]", "error: users: every entry must read name:hash", false},
      {"users: ['a:b:c']", "error: users: every entry must read name:hash", false},
      {"users: [':x']", "error: users: every entry must read name:hash", false},
      {"users: ['joe:plain']", "error: users: user \"joe\" has a password hash of an unknown kind",
       false},
      {options("usersFile: /nonexistent/users"),
       "error: usersFile: cannot read /nonexistent/users: No such file", true},
      {options("headerField: 'X User'"), "error: headerField: \"X User\" is not the name", true},
      {options("realm: \"a\\nb\""), "error: realm: holds a line break", true},
      {options("cache: soon"), "error: cache", true},
      {options("relm: x"), "warning: relm: ", true},
  };
  for (const Fault& fault : faults) {
    CAPTURE(fault.options);
    MiddlewareHarness harness("basicAuth", fault.options);
    CHECK(harness.is_made() == fault.is_made);
    CHECK_FAULT(harness, fault.words);
    CHECK(harness.faults().find("plain") == std::string::npos);
  }
}
