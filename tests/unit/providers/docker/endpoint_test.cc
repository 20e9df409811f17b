#include "providers/docker/endpoint.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {

TEST_CASE("endpoints_are_taken_apart") {
  struct Row {
    const char* text;
    bool uses_tls;
    Endpoint expected;
  };
  const Row kRows[] = {
      {"unix:///var/run/docker.sock", false, {"http://docker", "/var/run/docker.sock", ""}},
      {"/run/docker.sock", false, {"http://docker", "/run/docker.sock", ""}},
      {"tcp://10.0.0.5", false, {"http://10.0.0.5:2375", "", "10.0.0.5"}},
      {"tcp://10.0.0.5", true, {"https://10.0.0.5:2376", "", "10.0.0.5"}},
      {"tcp://[::1]:99/", false, {"http://[::1]:99", "", "::1"}},
      {"tcp://[fd00::1]", false, {"http://[fd00::1]:2375", "", "fd00::1"}},
      {"http://proxy:2375/engine/", false, {"http://proxy:2375/engine", "", "proxy"}},
      {"https://proxy", false, {"https://proxy", "", "proxy"}},
      {"http://proxy", true, {"https://proxy", "", "proxy"}},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    auto endpoint = parse_endpoint(row.text, row.uses_tls);
    REQUIRE(endpoint);
    CHECK(*endpoint == row.expected);
  }
}

TEST_CASE("endpoints_that_cannot_be_used_say_what_can") {
  CHECK(parse_endpoint("ssh://me@host", false).error().find("ssh -nNT -L") != std::string::npos);
  CHECK(parse_endpoint("unix://docker.sock", false).error().find("absolute") != std::string::npos);
  CHECK(parse_endpoint("tcp://me:pw@host", false).error().find("options") != std::string::npos);
  CHECK_FALSE(parse_endpoint("npipe:////./pipe/docker", false));
  CHECK_FALSE(parse_endpoint("", false));
  CHECK_FALSE(parse_endpoint("tcp://", false));
}

}  // namespace fairlead::providers::docker
