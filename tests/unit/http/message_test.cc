#include "http/message.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::http;

TEST_CASE("message: every listed name is found in any case, and nothing near it") {
#define FAIRLEAD_FIELD(id, spelling)                       \
  {                                                        \
    std::string name = spelling;                           \
    CHECK(field_id(name) == FieldId::id);                  \
    CHECK(field_name(FieldId::id) == name);                \
    std::ranges::transform(name, name.begin(), ::toupper); \
    CHECK(field_id(name) == FieldId::id);                  \
    std::ranges::transform(name, name.begin(), ::tolower); \
    CHECK(field_id(name) == FieldId::id);                  \
    CHECK(field_id(name + "x") == FieldId::other);         \
    for (size_t i = 0; i < name.size(); ++i) {             \
      std::string near = name;                             \
      near[i] = static_cast<char>(near[i] ^ 0x80);         \
      CHECK(field_id(near) == FieldId::other);             \
      near[i] = name[i] == '-' ? '\x0d' : '!';             \
      CHECK(field_id(near) == FieldId::other);             \
    }                                                      \
  }
#include "http/field_names.inc"
#undef FAIRLEAD_FIELD
  CHECK(field_id("") == FieldId::other);
  CHECK(field_id("X") == FieldId::other);
  CHECK(field_id("Content_Length") == FieldId::other);
  CHECK(field_id("X-Something-Else") == FieldId::other);
}

TEST_CASE("message: case is ignored for ASCII letters only") {
  CHECK(equals_ignore_case("Content-Length-X", "cONTENT-lENGTH-x"));
  CHECK(equals_ignore_case("aZ", "Az"));
  CHECK(!equals_ignore_case("abcdefgh@", "abcdefgh`"));
  CHECK(!equals_ignore_case("@bcdefghi", "`bcdefghi"));
  CHECK(!equals_ignore_case("[bcdefghi", "{bcdefghi"));
  CHECK(
      !equals_ignore_case("\xc1"
                          "bcdefghi",
                          "\xe1"
                          "bcdefghi"));
  CHECK(!equals_ignore_case("a", "ab"));
  CHECK(equals_ignore_case("", ""));
}

TEST_CASE("message: a header map keeps order, replaces and removes") {
  Arena arena;
  HeaderMap headers(arena);
  for (int i = 0; i < 60; ++i) headers.add("X-Many", "v");
  CHECK(headers.size() == 60);
  headers.add(FieldId::host, "a");
  headers.add("X-One", "1");
  headers.add("x-one", "2");
  CHECK(headers.remove("x-many") == 60);
  CHECK(headers.get("X-ONE") == "1");
  headers.set("X-One", "3");
  REQUIRE(headers.size() == 2);
  CHECK(headers.fields()[1].value == "3");
  headers.set(FieldId::host, "b");
  CHECK(headers.get("host") == "b");
  headers.set(FieldId::via, "c");
  CHECK(headers.count(FieldId::via) == 1);
  CHECK(headers.remove(FieldId::host) == 1);
  CHECK(headers.find(FieldId::host) == nullptr);
  CHECK(headers.get("absent").data() == nullptr);
}

TEST_CASE("message: methods, versions and phrases") {
  CHECK(method_of("DELETE") == Method::delete_);
  CHECK(method_of("get") == Method::other);
  CHECK(is_idempotent(Method::put));
  CHECK(!is_idempotent(Method::patch));
  CHECK(!is_idempotent(Method::other));
  CHECK(version_text(Version::http10) == "HTTP/1.0");
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(511) == "Network Authentication Required");
  CHECK(reason_phrase(418) == "I'm a teapot");
  CHECK(reason_phrase(308) == "Permanent Redirect");
  CHECK(reason_phrase(299) == "");
  CHECK(reason_phrase(99) == "");
  CHECK(reason_phrase(999) == "");
}
