#include <doctest/doctest.h>

#include "middleware/digest_nonce.h"
#include "tests/support/middleware_harness.h"
#include "tls/digest.h"

using namespace fairlead;
using namespace std::chrono_literals;
using middleware::DigestNonces;
using testing::MiddlewareHarness;
using testing::TestAnswer;
using testing::TestRequest;

namespace {

std::string md5(const std::string& text) { return tls::hex(tls::view(tls::md5(text))); }

const std::string kHa1 = md5("ann:traefik:secret");

std::string options(std::string_view more = {}) {
  return "{users: ['ann:traefik:" + kHa1 + "']" + std::string(more) + "}";
}

std::string parameter(const std::string& challenge, const std::string& name) {
  size_t at = challenge.find(name + "=\"");
  if (at == std::string::npos) return {};
  at += name.size() + 2;
  return challenge.substr(at, challenge.find('"', at) - at);
}

struct Proof {
  std::string nonce;
  std::string user = "ann", password = "secret", realm = "traefik", uri = "/", method = "GET";
  std::string count = "00000001", qop = "auth";
  std::string text() const {
    std::string ha1 = md5(user + ":" + realm + ":" + password);
    std::string response =
        md5(ha1 + ":" + nonce + ":" + count + ":c0:" + qop + ":" + md5(method + ":" + uri));
    return "Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce +
           "\", uri=\"" + uri + "\", qop=" + qop + ", nc=" + count +
           ", cnonce=\"c0\", response=\"" + response + "\"";
  }
};

TestRequest with(const std::string& authorization) {
  return {.headers = {{"Authorization", authorization}}};
}

std::string nonce_of(MiddlewareHarness& harness) {
  return parameter(harness.run({}).header("WWW-Authenticate"), "nonce");
}

}  // namespace

TEST_CASE("who_knows_the_password_gets_in") {
  MiddlewareHarness harness("digestAuth", options(", headerField: X-User, removeHeader: true"));
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  auto challenged = harness.run({});
  CHECK(challenged.status == 401);
  std::string challenge = challenged.header("WWW-Authenticate");
  CHECK(challenge.starts_with("Digest realm=\"traefik\", nonce=\""));
  CHECK(challenge.ends_with("algorithm=MD5, qop=\"auth\""));
  auto answer = harness.run(with(Proof{.nonce = parameter(challenge, "nonce")}.text()));
  CHECK(answer.status == 200);
  CHECK(answer.user == "ann");
  CHECK(harness.last().header("X-User") == "ann");
  CHECK_FALSE(harness.last().has("Authorization"));
}

TEST_CASE("proofs_that_do_not_fit_are_challenged") {
  MiddlewareHarness harness("digestAuth", options());
  std::string nonce = nonce_of(harness);
  const Proof proofs[] = {
      {.nonce = nonce, .password = "other"}, {.nonce = nonce, .user = "bob"},
      {.nonce = nonce, .realm = "other"},    {.nonce = nonce, .uri = "/other"},
      {.nonce = nonce, .method = "POST"},    {.nonce = nonce, .qop = "auth-int"},
      {.nonce = nonce, .count = "1"},        {.nonce = nonce, .count = "00000000"},
      {.nonce = std::string(64, 'a')},       {.nonce = ""},
  };
  for (const Proof& proof : proofs) {
    CAPTURE(proof.text());
    CHECK(harness.run(with(proof.text())).status == 401);
  }
  for (std::string text : {"Digest", "Digest ", "Digest username", "Digest username=\"ann",
                           "Basic YW5uOnNlY3JldA==", "Digest nc=1, nc=1"}) {
    CAPTURE(text);
    CHECK(harness.run(with(text)).status == 401);
  }
  std::string twice = Proof{.nonce = nonce}.text();
  CHECK(harness.run(with(twice + ", username=\"ann\"")).status == 401);
  CHECK(harness.run(with(Proof{.nonce = nonce}.text())).status == 200);
}

TEST_CASE("a_proof_counts_once") {
  MiddlewareHarness harness("digestAuth", options());
  std::string nonce = nonce_of(harness);
  auto use = [&](std::string count) {
    return harness.run(with(Proof{.nonce = nonce, .count = std::move(count)}.text()));
  };
  CHECK(use("00000001").status == 200);
  auto again = use("00000001");
  CHECK(again.status == 401);
  CHECK(again.header("WWW-Authenticate").ends_with("stale=true"));
  // Requests of one page overtake one another.
  CHECK(use("00000005").status == 200);
  CHECK(use("00000003").status == 200);
  CHECK(use("00000003").status == 401);
  CHECK(use("00000046").status == 200);
  CHECK(use("00000002").status == 401);
}

TEST_CASE("nonces_expire_and_cannot_be_made_up") {
  DigestNonces nonces;
  auto now = DigestNonces::Time{1h};
  std::string nonce = nonces.make(now);
  CHECK(nonce.size() == DigestNonces::kChars);
  CHECK(nonces.make(now) != nonce);
  CHECK(nonces.use(nonce, 1, now + 9min) == DigestNonces::Verdict::fresh);
  CHECK(nonces.use(nonce, 2, now + 11min) == DigestNonces::Verdict::stale);
  nonce[3] = nonce[3] == '0' ? '1' : '0';
  CHECK(nonces.use(nonce, 3, now) == DigestNonces::Verdict::foreign);
  CHECK(nonces.use("short", 3, now) == DigestNonces::Verdict::foreign);
}

TEST_CASE("digest_auth_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"{}", "users: needs at least one usable user"},
      {"users: ['ann:x']", "users: every entry must read user:realm:hash"},
      {"users: ['ann:traefik:zz']", "users: user \"ann\" has no hash of 32 hex digits"},
      {"users: ['ann:other:" + kHa1 + "']", "is of another realm than \"traefik\""},
      {"usersFile: /does/not/exist", "usersFile: cannot read"},
  };
  for (const auto& [text, words] : faults) {
    CAPTURE(text);
    MiddlewareHarness harness("digestAuth", text);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
