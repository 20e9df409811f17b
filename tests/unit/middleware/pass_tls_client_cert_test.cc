#include <doctest/doctest.h>

#include "base/base64.h"
#include "tests/support/middleware_harness.h"
#include "tests/support/tls_client.h"
#include "tls/certificate_text.h"

using namespace fairlead;
using testing::MiddlewareHarness;
using testing::TestRequest;

namespace {

std::string der_of(const std::string& pem) {
  std::string text;
  size_t at = pem.find('\n') + 1;
  for (; pem[at] != '-'; ++at) {
    if (pem[at] != '\n') text += pem[at];
  }
  std::string bytes(base64_decoded_bound(text.size()), '\0');
  auto decoded = base64_decode(text, bytes.data());
  REQUIRE(decoded.has_value());
  return std::string(*decoded);
}

const tls::Session& session_with_certificate() {
  static const tls::Session session = [] {
    tls::Session made;
    auto pair = testing::make_certificate({.names = {"a.test", "b.test"}, .common_name = "client"});
    made.client_certificates = {der_of(pair.chain)};
    return made;
  }();
  return session;
}

}  // namespace

TEST_CASE("a_certificate_tells_its_names_and_times") {
  auto text = tls::read_certificate(session_with_certificate().client_certificates[0]);
  REQUIRE(text.has_value());
  CHECK(text->subject.common_name == "client");
  CHECK(text->alternative_names == std::vector<std::string>{"a.test", "b.test"});
  CHECK(text->not_after > text->not_before);
  CHECK_FALSE(text->serial.empty());
  CHECK_FALSE(tls::read_certificate("no certificate").has_value());
  CHECK_FALSE(tls::read_certificate("").has_value());
}

TEST_CASE("the_upstream_is_told_the_clients_certificate") {
  MiddlewareHarness harness("passTLSClientCert",
                            "{pem: true, info: {sans: true, subject: {commonName: true},"
                            " issuer: {commonName: true, organization: true}, notAfter: true}}");
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  TestRequest request;
  request.headers = {{"X-Forwarded-Tls-Client-Cert", "forged"},
                     {"X_Forwarded_Tls_Client_Cert_Info", "forged"}};
  request.tls = &session_with_certificate();
  harness.run(request);
  const auto& seen = harness.last();
  CHECK(seen.header("X-Forwarded-Tls-Client-Cert") ==
        base64_encode(session_with_certificate().client_certificates[0]));
  std::string info = seen.header("X-Forwarded-Tls-Client-Cert-Info");
  CHECK(info.starts_with("Subject%3D%22CN%3Dclient%22%3BIssuer%3D%22"));
  CHECK(info.ends_with("%22%3BSAN%3D%22a.test%2Cb.test%22"));
  CHECK(info.find("%3BNA%3D%22") != std::string::npos);
  CHECK_FALSE(seen.has("X_Forwarded_Tls_Client_Cert_Info"));
}

TEST_CASE("without_a_certificate_nothing_is_said_whatever_the_client_says") {
  MiddlewareHarness harness("passTLSClientCert", "{pem: true, info: {sans: true}}");
  harness.run({.headers = {{"X-Forwarded-Tls-Client-Cert", "forged"},
                           {"x-forwarded-tls-client-cert-info", "forged"}}});
  CHECK_FALSE(harness.last().has("X-Forwarded-Tls-Client-Cert"));
  CHECK_FALSE(harness.last().has("X-Forwarded-Tls-Client-Cert-Info"));
}

TEST_CASE("passing_nothing_on_is_a_warning") {
  MiddlewareHarness harness("passTLSClientCert", "{}");
  CHECK(harness.is_made());
  CHECK_FAULT(harness, "passes nothing on; set pem or info");
}
