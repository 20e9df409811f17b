#include "tls/digest.h"

#include <doctest/doctest.h>

using namespace fairlead::tls;

TEST_CASE("digests_match_their_published_vectors") {
  CHECK(hex(view(md5(""))) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex(view(md5("abc"))) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(view(sha1("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(view(sha256("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231 §4.2, §4.3 and §4.7 (a key longer than a block).
TEST_CASE("hmac_sha256_matches_rfc_4231") {
  CHECK(hex(view(hmac_sha256(std::string(20, '\x0b'), "Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(view(hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(view(hmac_sha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("compares_secrets_by_content_and_length") {
  CHECK(are_equal_secrets("abc", "abc"));
  CHECK_FALSE(are_equal_secrets("abc", "abd"));
  CHECK_FALSE(are_equal_secrets("abc", "abcd"));
  CHECK(are_equal_secrets("", ""));
}

TEST_CASE("random_bytes_differ") {
  char a[16] = {};
  char b[16] = {};
  REQUIRE(fill_random(a, sizeof a));
  REQUIRE(fill_random(b, sizeof b));
  CHECK(std::string_view(a, 16) != std::string_view(b, 16));
}
