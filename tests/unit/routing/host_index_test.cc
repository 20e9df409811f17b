#include "routing/host_index.h"

#include <string>

#include <doctest/doctest.h>

#include "routing/host_hash.h"

namespace fairlead::routing {

namespace {

std::string host(size_t i) { return "tenant-" + std::to_string(i) + ".apps.example.com"; }

double average_probes(size_t hosts, size_t& longest) {
  HostIndex index(hosts);
  for (size_t i = 0; i < hosts; ++i) index.at(hash_host(host(i))) = static_cast<uint32_t>(i);
  size_t probes = 0;
  longest = 0;
  for (size_t i = 0; i < hosts; ++i) {
    size_t one = index.probes(hash_host(host(i)));
    probes += one;
    longest = std::max(longest, one);
  }
  return static_cast<double>(probes) / static_cast<double>(hosts);
}

}  // namespace

TEST_CASE("a_lookup_costs_the_same_few_probes_whatever_the_number_of_hosts") {
  for (size_t hosts : {10, 1'000, 10'000, 65'536, 100'000}) {
    CAPTURE(hosts);
    size_t longest = 0;
    // Linear probing at half load expects 1.5; the seed is random, hence the slack.
    CHECK(average_probes(hosts, longest) < 1.7);
    CHECK(longest < 60);
  }
}

TEST_CASE("finds_what_was_put_in_and_nothing_else") {
  HostIndex index(1000);
  for (size_t i = 0; i < 1000; ++i) index.at(hash_host(host(i))) = static_cast<uint32_t>(i);
  for (size_t i = 0; i < 1000; ++i) CHECK(index.find(hash_host(host(i))) == i);
  size_t found = 0;
  for (size_t i = 1000; i < 3000; ++i) found += index.find(hash_host(host(i))) != HostIndex::kNone;
  CHECK(found == 0);
  CHECK(HostIndex(0).find(hash_host("a")) == HostIndex::kNone);
}

TEST_CASE("hashes_differ_in_every_byte_and_length") {
  std::string text(40, 'a');
  for (size_t length = 0; length <= text.size(); ++length) {
    std::string one = text.substr(0, length);
    CHECK(hash_host(one) != hash_host(one + "a"));
    for (size_t i = 0; i < length; ++i) {
      std::string other = one;
      other[i] = 'b';
      CHECK(hash_host(one) != hash_host(other));
    }
  }
}

}  // namespace fairlead::routing
