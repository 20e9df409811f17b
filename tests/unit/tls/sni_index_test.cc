#include "tls/sni_index.h"

#include <doctest/doctest.h>

#include "tests/support/tls_client.h"

using namespace fairlead::testing;
using namespace fairlead::tls;

namespace {

CertificatePtr certificate(const CertificateWish& wish) {
  PemPair pair = make_certificate(wish);
  auto made = Certificate::from_pem(pair.chain, pair.key);
  REQUIRE(made.has_value());
  return *made;
}

CertificatePtr of_kind(const CertificateSet* set, Certificate::KeyKind kind) {
  return set != nullptr ? set->by_kind[static_cast<size_t>(kind)] : nullptr;
}

constexpr auto kEcdsa = Certificate::KeyKind::ecdsa;

}  // namespace

TEST_CASE("sni_prefers_exact_names_then_one_label_wildcards") {
  CertificatePtr exact = certificate({.names = {"www.a.test"}});
  CertificatePtr wild = certificate({.names = {"*.a.test", "a.test"}});
  SniIndex index({exact, wild}, nullptr);
  CHECK(of_kind(index.find(LookupName("WWW.a.test.")), kEcdsa) == exact);
  CHECK(of_kind(index.find(LookupName("x.a.test")), kEcdsa) == wild);
  CHECK(of_kind(index.find(LookupName("a.test")), kEcdsa) == wild);
  CHECK(index.find(LookupName("y.x.a.test")) == nullptr);
  CHECK(index.find(LookupName(".a.test")) == nullptr);
  CHECK(index.find(LookupName("")) == nullptr);
  CHECK(index.find(LookupName(std::string(300, 'a'))) == nullptr);
}

TEST_CASE("sni_keeps_one_certificate_of_each_key_and_the_longest_valid") {
  CertificatePtr rsa = certificate({.names = {"a.test"}, .is_rsa = true});
  CertificatePtr expired = certificate({.names = {"a.test"}, .days = -1});
  CertificatePtr sooner = certificate({.names = {"a.test"}, .days = 5});
  CertificatePtr later = certificate({.names = {"a.test"}, .days = 50});
  SniIndex index({expired, later, rsa, sooner}, nullptr);
  const CertificateSet* found = index.find(LookupName("a.test"));
  CHECK(of_kind(found, kEcdsa) == later);
  CHECK(of_kind(found, Certificate::KeyKind::rsa) == rsa);
}

TEST_CASE("a_certificate_without_alternative_names_is_good_for_its_common_name") {
  SniIndex index({certificate({.common_name = "Old.test"})}, nullptr);
  CHECK(index.find(LookupName("old.test")) != nullptr);
}

TEST_CASE("the_default_certificate_names_no_host_and_is_made_once") {
  const CertificatePtr& made = Certificate::generated_default();
  CHECK(made->names().empty());
  CHECK(made->common_name() == "FAIRLEAD DEFAULT CERT");
  CHECK(made->key_kind() == kEcdsa);
  CHECK(SniIndex({}, nullptr).fallback().by_kind[0] == made);
}

TEST_CASE("a_certificate_that_cannot_be_used_is_refused_with_its_reason") {
  PemPair a = make_certificate({.names = {"a.test"}});
  PemPair b = make_certificate({.names = {"b.test"}});
  auto fault = [](std::string_view chain, std::string_view key) {
    auto made = Certificate::from_pem(chain, key);
    return made ? std::string() : made.error();
  };
  CHECK(fault(a.chain, b.key).starts_with("does not belong to its key"));
  CHECK(fault("nonsense", a.key).starts_with("holds no PEM certificate"));
  CHECK(fault(a.chain, "nonsense").starts_with("the key is no PEM private key"));
  std::string torn =
      a.chain + b.chain.substr(0, b.chain.size() / 2) + "\n-----END CERTIFICATE-----\n";
  CHECK(fault(torn, a.key).starts_with("has a broken certificate in its chain"));
  CHECK(fault(a.chain + b.chain, a.key).empty());
}
