#include "tls/server_context.h"

#include <doctest/doctest.h>

#include "tls/option_words.h"
#include "tls/protocols.h"

using namespace fairlead::tls;

namespace {

std::string fault_of(const ServerOptions& options) {
  std::vector<std::string> warnings;
  auto made = ServerContext::make(options, warnings);
  return made ? "" : made.error();
}

}  // namespace

TEST_CASE("cipher_suites_are_translated_and_unknown_ones_named") {
  std::vector<std::string> warnings;
  auto list = cipher_list({"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
                           "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_FALLBACK_SCSV",
                           "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
                          warnings);
  REQUIRE(list.has_value());
  CHECK(list->openssl == "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");
  CHECK(list->has_tls13_names);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("\"TLS_RSA_WITH_3DES_EDE_CBC_SHA\" is left out"));
  for (const char* name : {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_NONSENSE", ""}) {
    CHECK(!cipher_list({name}, warnings).has_value());
  }
}

TEST_CASE("curves_are_translated_once_each") {
  std::vector<std::string> warnings;
  CHECK(*group_list({"CurveP256", "secp256r1", "X25519", "CurveP521"}, warnings) ==
        "P-256:X25519:P-521");
  CHECK(warnings.empty());
  CHECK(!group_list({"P-256"}, warnings).has_value());
  auto hybrid = group_list({"X25519MLKEM768", "X25519"}, warnings);
  REQUIRE(hybrid.has_value());
  // One or the other, as this OpenSSL has it or not; never silently without.
  CHECK((*hybrid == "X25519MLKEM768:X25519") == warnings.empty());
}

TEST_CASE("options_that_cannot_work_are_refused_with_the_key_to_mend") {
  struct Row {
    ServerOptions options;
    std::string_view begin;
  };
  const Row rows[] = {
      {{.min_version = "TLS1.2"},
       "minVersion: \"TLS1.2\" is no TLS version; use one of VersionTLS10"},
      {{.max_version = "VersionTLS14"}, "maxVersion: "},
      {{.min_version = "VersionTLS13", .max_version = "VersionTLS12"}, "minVersion: is above"},
      {{.max_version = "VersionTLS12", .cipher_suites = {"TLS_AES_128_GCM_SHA256"}},
       "minVersion: is above"},
      {{.cipher_suites = {"TLS_RSA_WITH_RC4_128_SHA"}}, "cipherSuites: none of the listed"},
      {{.curve_preferences = {"CurveP1"}}, "curvePreferences: \"CurveP1\" is no curve"},
      {{.client_auth_type = "Maybe"}, "clientAuth: \"Maybe\" is no client authentication"},
      {{.client_auth_type = "RequireAndVerifyClientCert"},
       "clientAuth: \"RequireAndVerifyClientCert\" needs caFiles"},
      {{.ca_bundles = {"nonsense"}}, "clientAuth.caFiles: a CA file holds no PEM certificate"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.begin);
    CHECK(fault_of(row.options).starts_with(row.begin));
  }
  CHECK(fault_of({}) == "");
}

TEST_CASE("protocols_offered_are_those_wanted_that_are_spoken") {
  CHECK(offered_protocols({"acme-tls/1", "http/1.1"}) == std::vector<std::string>{"http/1.1"});
  CHECK(offered_protocols({}).back() == "http/1.1");
  CHECK(offered_protocols({}).size() == (kServesHttp2 ? 2 : 1));
}
