#include "base/base64.h"

#include <string>

#include <doctest/doctest.h>

using namespace fairlead;

namespace {
std::optional<std::string> decoded(std::string_view text) {
  std::string out(base64_decoded_bound(text.size()), '\0');
  auto bytes = base64_decode(text, out.data());
  if (!bytes) return std::nullopt;
  return std::string(*bytes);
}
}  // namespace

// RFC 4648 §10.
TEST_CASE("base64_goes_both_ways") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (auto [bytes, text] : rows) {
    CAPTURE(text);
    CHECK(base64_encode(bytes) == text);
    CHECK(decoded(text) == bytes);
  }
  CHECK(base64_encode("\xff\xfe") == "//4=");
  CHECK(decoded("//4=") == "\xff\xfe");
}

TEST_CASE("base64_refuses_what_has_another_spelling") {
  for (std::string_view text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "-_8=", "Zm9v\n"}) {
    CAPTURE(text);
    CHECK(decoded(text) == std::nullopt);
  }
}
