#include "fetch/line_buffer.h"

#include <doctest/doctest.h>

namespace fairlead::fetch {

TEST_CASE("lines_come_out_whole_however_they_arrive") {
  const std::string text = "one\r\n\ntwo\nthree";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    LineBuffer buffer(100);
    std::string seen;
    for (size_t at = 0; at < text.size(); at += piece) {
      REQUIRE(buffer.append(std::string_view(text).substr(at, piece)));
      while (auto line = buffer.take_line()) seen += *line + "|";
    }
    CHECK(seen == "one|two|");
    CHECK(buffer.take_rest() == "three");
    CHECK(buffer.take_rest() == std::nullopt);
  }
}

TEST_CASE("a_line_longer_than_allowed_is_refused") {
  LineBuffer whole(4);
  CHECK(whole.append("1234\n1234\n"));
  CHECK_FALSE(whole.append("12345\n"));
  LineBuffer pieces(4);
  CHECK(pieces.append("12"));
  CHECK(pieces.append("34"));
  CHECK_FALSE(pieces.append("5"));
}

TEST_CASE("memory_does_not_grow_with_the_lines_that_passed") {
  LineBuffer buffer(100);
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(buffer.append("some line of text\npart"));
    REQUIRE(buffer.take_line());
    REQUIRE(buffer.append("\n"));
    REQUIRE(buffer.take_line() == "part");
    CHECK(buffer.bytes() == 0);
  }
}

}  // namespace fairlead::fetch
