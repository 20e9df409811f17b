#include "middleware/password.h"

#include <doctest/doctest.h>

using namespace fairlead::middleware;

namespace {

struct Vector {
  std::string_view password;
  std::string hash;
};

// Made with htpasswd (apr1, SHA, bcrypt, SHA-crypt) and openssl passwd (the last two).
const Vector kVectors[] = {
    {"secret", "$apr1$jGwBNicu$pIY1HyujA44p212QPQef70"},
    {"", "$apr1$O/cD.OeS$3.EuDIYYDal3nTNzOxTKv."},
    {"a much longer password than sixteen bytes, ümlaut", "$apr1$MqTLxBNt$Lg6Svk3az7iRKaqq2Kqh81"},
    {"secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
    {"secret", "$2y$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci"},
    {"secret", "$2a$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci"},
    {"secret", "$2b$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci"},
    {"päss:word", "$2y$04$A4JTZofWB46/fKihc6lzIuKwZF9fAxPFjrWZ4n2ieYTQf/DqtWraO"},
    {"secret", "$5$vBt0gheyGI0r.vbY$RMJL0uFKi6ttehI8dUP/c9EYdAr4rS/CbnbKDl29w58"},
    {"secret", "$5$rounds=1000$JTfMQ4.4840AxW0C$gCkscnuv.d8ZQucS7uxtUrOJrhp9EYxyOmQ94cen00B"},
    {"secret",
     "$6$D3qyd6979kOAMLeM$gQfFZJsIPSdFvt/"
     "VaNLSHh07EgbRmVkA5X56u2GwvDFeI5AVhKX.XRFTHzMk0fvLkC37yX1I5DlJwipK7rror."},
    {"secret", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"},
    {"secret", "$apr1$ab$jiiV6N7hIIuIoJbc1hxOE/"},
};

}  // namespace

TEST_CASE("every_kind_of_hash_tells_right_from_wrong") {
  for (const Vector& row : kVectors) {
    CAPTURE(row.hash);
    CHECK(fault_of_hash(row.hash) == "");
    CHECK(is_right_password(row.password, row.hash));
    CHECK_FALSE(is_right_password(std::string(row.password) + "x", row.hash));
    CHECK_FALSE(is_right_password("Secret", row.hash));
    std::string other = row.hash;
    other[other.size() - 2] = other[other.size() - 2] == 'A' ? 'B' : 'A';
    CHECK_FALSE(is_right_password(row.password, other));
  }
}

TEST_CASE("passwords_that_crypt_would_cut_off_are_wrong") {
  const std::string& hash = kVectors[4].hash;
  CHECK_FALSE(is_right_password(std::string_view("secret\0x", 8), hash));
  CHECK_FALSE(is_right_password(std::string(600, 'a'), hash));
}

TEST_CASE("hashes_that_cannot_be_checked_are_refused") {
  const std::pair<std::string, std::string_view> rows[] = {
      {"", "has no password hash"},
      {"secret", "unknown kind"},
      {".uV3CgqWfF.Hc", "unknown kind"},
      {"$2x$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci", "unknown kind"},
      {"$$2y$$04$$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci", "doubled dollar signs"},
      {"$2y$04$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iU", "damaged"},
      {"$2y$99$.JQ/p.0Hm5fWloe9FVtpgutbuZ6QnymZ//xmP5epPD0mtxqc3iUci", "cost is not from 04 to 31"},
      {"$apr1$jGwBNicu$pIY1HyujA44p212QPQef7", "damaged"},
      {"$apr1$jGwBNicuxxx$pIY1HyujA44p212QPQef70", "damaged"},
      {"$apr1$pIY1HyujA44p212QPQef70", "damaged"},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ", "damaged {SHA}"},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ!", "damaged {SHA}"},
      {"$6$D3qyd6979kOAMLeM$gQfF", "damaged"},
  };
  for (const auto& [hash, words] : rows) {
    CAPTURE(hash);
    CHECK(fault_of_hash(hash).find(words) != std::string_view::npos);
  }
}

TEST_CASE("costs_are_ordered_as_the_work_is") {
  CHECK(is_cheap_hash(kVectors[3].hash));
  CHECK(cost_of_hash(kVectors[3].hash) < cost_of_hash(kVectors[0].hash));
  CHECK(cost_of_hash(kVectors[0].hash) < cost_of_hash(kVectors[9].hash));
  CHECK(cost_of_hash(kVectors[9].hash) < cost_of_hash(kVectors[8].hash));
  CHECK(cost_of_hash(kVectors[4].hash) <
        cost_of_hash("$2y$12$..............................................."));
}
