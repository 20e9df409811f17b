#include "routing/path_index.h"

#include <deque>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace fairlead::routing {

namespace {

class Bucket {
 public:
  void add(PathKey key, std::string path) {
    paths_.push_back(std::move(path));
    IndexTerm term;
    term.path_key = key;
    term.path = paths_.back();
    bucket_.emplace_back(route_, static_cast<uint32_t>(bucket_.size()), term);
  }

  // The ranks that the index offers for a path, as text.
  std::string offered(std::string_view path) {
    LargeArray<IndexedRoute> all;
    PathIndex index(bucket_, all);
    RouteWalk walk;
    index.collect(path, all.data(), walk);
    std::string out;
    while (const IndexedRoute* candidate = walk.next())
      out += std::to_string(candidate->rank) + " ";
    return out;
  }

 private:
  pipeline::Route route_;
  std::deque<std::string> paths_;
  std::vector<IndexedRoute> bucket_;
};

}  // namespace

TEST_CASE("offers_prefixes_exact_paths_and_unbound_routes_in_order_of_rank") {
  Bucket bucket;
  bucket.add(PathKey::prefix, "/a/b");
  bucket.add(PathKey::any, "");
  bucket.add(PathKey::exact, "/a/b");
  bucket.add(PathKey::prefix, "/a");
  bucket.add(PathKey::prefix, "/ab");
  bucket.add(PathKey::exact, "/a");
  bucket.add(PathKey::prefix, "/a");
  CHECK(bucket.offered("/a/b") == "0 1 2 3 6 ");
  CHECK(bucket.offered("/a/b/c") == "0 1 3 6 ");
  CHECK(bucket.offered("/a") == "1 3 5 6 ");
  CHECK(bucket.offered("/abc") == "1 3 4 6 ");
  CHECK(bucket.offered("/") == "1 ");
  CHECK(bucket.offered("") == "1 ");
}

TEST_CASE("nesting_beyond_the_limit_shares_lists_instead_of_making_more") {
  Bucket bucket;
  std::string path;
  for (int i = 0; i < 500; ++i) bucket.add(PathKey::prefix, path += "/d");
  bucket.add(PathKey::exact, path);
  std::string offered = bucket.offered(path);
  CHECK(offered.starts_with("0 1 2 "));
  CHECK(offered.ends_with("498 499 500 "));
  CHECK(bucket.offered("/d/d") == "0 1 ");
}

TEST_CASE("a_thousand_paths_offer_only_their_own") {
  Bucket bucket;
  for (int i = 0; i < 1000; ++i) bucket.add(PathKey::prefix, "/svc" + std::to_string(i) + "/");
  CHECK(bucket.offered("/svc77/x") == "77 ");
  CHECK(bucket.offered("/svc/") == "");
}

}  // namespace fairlead::routing
