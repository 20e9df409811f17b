// The table of tests/support/malformed_requests.h against parser and semantics: whole, byte by
// byte, and cut at random.
#include "support/malformed_requests.h"

#include <random>
#include <set>

#include <doctest/doctest.h>

#include "support/message_feed.h"

using namespace fairlead;
using namespace fairlead::tests;

namespace {

struct Outcome {
  Code code;
  std::string summary;
};

Outcome read_whole(std::string_view bytes) {
  RequestFeed feed;
  feed.feed(bytes);
  return {feed.code(), feed.summary()};
}

Outcome read_in_pieces(std::string_view bytes, size_t largest, unsigned seed) {
  std::mt19937 random(seed);
  RequestFeed feed;
  while (!bytes.empty()) {
    size_t piece = std::min<size_t>(bytes.size(), 1 + random() % largest);
    if (!feed.feed(bytes.substr(0, piece))) break;
    bytes.remove_prefix(piece);
  }
  return {feed.code(), feed.summary()};
}

}  // namespace

TEST_CASE("malformed_requests: each row has the outcome of the table") {
  CHECK(malformed_requests().size() >= 110);
  std::set<std::string> names;
  for (const RequestRow& row : malformed_requests()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(name(read_whole(row.bytes).code) == name(row.code));
  }
}

TEST_CASE("malformed_requests: the outcome does not depend on how the bytes arrive") {
  for (const RequestRow& row : malformed_requests()) {
    CAPTURE(row.name);
    Outcome whole = read_whole(row.bytes);
    bool is_long = row.bytes.size() > 4096;
    for (unsigned seed = 0; seed < 8; ++seed) {
      size_t largest = is_long ? 4096 : seed == 0 ? 1 : size_t{1} << seed;
      Outcome pieces = read_in_pieces(row.bytes, largest, seed);
      CHECK(name(pieces.code) == name(whole.code));
      if (whole.code == Code::ok) CHECK(pieces.summary == whole.summary);
    }
  }
}

TEST_CASE("malformed_requests: no valid row is complete before its last byte") {
  for (const RequestRow& row : malformed_requests()) {
    if (row.code != Code::ok) continue;
    CAPTURE(row.name);
    std::string_view cut = row.bytes;
    cut.remove_suffix(1);
    CHECK(name(read_whole(cut).code) == "would_block");
  }
}
