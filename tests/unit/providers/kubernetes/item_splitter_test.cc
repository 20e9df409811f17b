#include "providers/kubernetes/item_splitter.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace fairlead::providers::kubernetes {
namespace {

struct Split {
  bool is_good = true, is_complete = false;
  std::vector<std::string> items;
  std::string rest;
};

Split split(const std::string& text, size_t piece, size_t most = 1 << 20) {
  Split out;
  ItemSplitter splitter(most);
  auto take = [&](std::string_view item) { out.items.emplace_back(item); };
  for (size_t at = 0; at < text.size() && out.is_good; at += piece) {
    out.is_good = splitter.feed(std::string_view(text).substr(at, piece), take);
  }
  out.is_complete = splitter.is_complete();
  out.rest = splitter.rest();
  return out;
}

const std::string kList =
    "{\"kind\": \"List\", \"other\": {\"items\": [{\"no\": 1}]}, \"items\": [\n {\"a\": "
    "\"}]\\\"{\", \"items\": [1, {\"b\": 2}]}, {\"c\": [[], {}]}\n], \"metadata\": "
    "{\"resourceVersion\": \"7\", \"continue\": \"x y\"}}\n";

TEST_CASE("a_list_comes_apart_however_it_arrives") {
  for (size_t piece = 1; piece <= kList.size(); ++piece) {
    CAPTURE(piece);
    Split got = split(kList, piece);
    REQUIRE(got.is_good);
    CHECK(got.is_complete);
    REQUIRE(got.items.size() == 2);
    CHECK(got.items[0] == "{\"a\":\"}]\\\"{\",\"items\":[1,{\"b\":2}]}");
    CHECK(got.items[1] == "{\"c\":[[],{}]}");
    CHECK(got.rest ==
          "{\"kind\":\"List\",\"other\":{\"items\":[{\"no\":1}]},\"items\":[],\"metadata\":"
          "{\"resourceVersion\":\"7\",\"continue\":\"x y\"}}");
  }
}

TEST_CASE("what_is_cut_short_is_not_complete") {
  for (size_t length = 0; length + 2 < kList.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(split(kList.substr(0, length), 16).is_complete);
  }
}

TEST_CASE("what_is_no_list_or_too_long_is_refused") {
  CHECK_FALSE(split("[1]", 1).is_good);
  CHECK_FALSE(split("{} {}", 1).is_good);
  CHECK_FALSE(split(kList, 8, 10).is_good);
  Split none = split("{\"items\":null,\"metadata\":{}}", 3);
  CHECK(none.is_complete);
  CHECK(none.items.empty());
}

}  // namespace
}  // namespace fairlead::providers::kubernetes
