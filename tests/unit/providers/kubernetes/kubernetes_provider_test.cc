#include "providers/kubernetes/kubernetes_provider.h"

#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>

#include "provider_world.h"
#include "support/temp_dir.h"

namespace fairlead::providers::kubernetes {
namespace {

using testing::ingress_json;
using testing::service_json;
using testing::slice_json;
using World = ProviderWorld;

TEST_CASE("kubernetes_publishes_when_everything_was_read_once") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.is_connected(); }));
  CHECK(world.sink.publications >= 1);
  CHECK(world.sink.servers("default-web-80") == "http://10.0.0.1:8080");
  REQUIRE(world.sink.last.objects.routers.contains("default-web-a-example"));
  CHECK(world.sink.last.objects.routers["default-web-a-example"].rule ==
        "Host(`a.example`) && PathPrefix(`/`)");
  CHECK(world.server.asked("fieldSelector=type%3Dkubernetes.io%2Ftls") >= 1);
}

TEST_CASE("kubernetes_follows_changes_of_every_kind") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.sees("default-web-80", "http://10.0.0.1:8080"));
  world.server.put("endpointslices", slice_json("web", {{"10.0.0.1"}, {"10.0.0.2"}}));
  CHECK(world.sees("default-web-80", "http://10.0.0.1:8080,http://10.0.0.2:8080"));
  world.server.put("endpointslices", slice_json("web", {{"10.0.0.1", true, true}, {"10.0.0.2"}}));
  CHECK(world.sees("default-web-80", "http://10.0.0.2:8080,http://10.0.0.1:8080!"));
  world.server.remove("endpointslices", "default/web-a");
  CHECK(world.sees("default-web-80", ""));
  world.server.remove("ingresses", "default/web");
  CHECK(world.sees("default-web-80", "none"));
  CHECK(world.sink.last.objects.routers.empty());
}

TEST_CASE("kubernetes_lists_in_pages") {
  World world;
  for (int i = 0; i < 1203; ++i) {
    std::string name = "i" + std::to_string(i);
    world.server.put("ingresses", ingress_json(name, name + ".example", "/", "web"));
  }
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.last.objects.routers.size() == 1203; }));
  CHECK(world.server.asked("/ingresses?limit=500") == 3);
}

TEST_CASE("kubernetes_falls_back_when_lists_are_not_streamed") {
  World world;
  world.server.set_streams_lists(false);
  world.put_web();
  world.start();
  CHECK(world.sees("default-web-80", "http://10.0.0.1:8080"));
  CHECK(world.server.asked("sendInitialEvents") == 1);
  CHECK(world.server.asked("/endpointslices?limit=") == 1);
}

TEST_CASE("kubernetes_lists_again_as_a_difference_after_410") {
  World world;
  world.put_web();
  world.server.put("ingresses", ingress_json("old", "old.example", "/", "web"));
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.last.objects.routers.size() == 2; }));
  world.server.stop();
  world.server.remove("ingresses", "default/old");
  world.server.put("ingresses", ingress_json("new", "new.example", "/", "web"));
  world.server.forget_history();
  world.server.start();
  REQUIRE(world.loop.until([&] {
    auto& routers = world.sink.last.objects.routers;
    return routers.contains("default-new-new-example") &&
           !routers.contains("default-old-old-example");
  }));
  CHECK(world.sink.empty_ones == 0);
  CHECK(world.loop.until([&] { return world.sink.is_connected(); }));
}

TEST_CASE("kubernetes_lists_again_after_an_error_event") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return world.server.watchers("ingresses") == 1; }));
  int before = world.server.asked("/ingresses?limit");
  world.server.send_line(
      "ingresses",
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"x"}})");
  CHECK(world.loop.until([&] { return world.server.asked("/ingresses?limit") > before; }));
  CHECK(world.sink.empty_ones == 0);
}

TEST_CASE("kubernetes_survives_broken_duplicate_and_unknown_events") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return world.server.watchers("ingresses") == 1; }));
  const char* kLines[] = {
      "not json",
      "{\"type\":\"ADDED\"",
      R"({"type":"ADDED","object":{}})",
      R"({"type":"NEW","object":{"metadata":{"name":"x","resourceVersion":"1"}}})",
      R"({"type":"DELETED","object":{"metadata":{"name":"x","namespace":"y","resourceVersion":"9"}}})",
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"100"}}})",
      "[]",
      R"({"type":7,"object":[1,2]})"};
  for (const char* line : kLines) {
    world.server.send_line("ingresses", line);
    REQUIRE(world.loop.until([&] { return world.server.watchers("ingresses") == 1; }));
  }
  world.server.put("ingresses", ingress_json("late", "late.example", "/", "web"));
  CHECK(world.loop.until(
      [&] { return world.sink.last.objects.routers.contains("default-late-late-example"); }));
  CHECK(world.sink.empty_ones == 0);
}

// Connections that end after n bytes of answers, for many n: what is published in the end is whole.
TEST_CASE("kubernetes_survives_connections_cut_anywhere") {
  for (size_t first = 1; first < 2600; first += 87) {
    CAPTURE(first);
    World world;
    world.put_web();
    std::vector<size_t> cuts;
    for (size_t i = 0; i < 12; ++i) cuts.push_back(first + i * 13);
    world.server.cut_after(cuts);
    world.start();
    REQUIRE(world.sees("default-web-80", "http://10.0.0.1:8080"));
    world.server.put("endpointslices", slice_json("web", {{"10.0.0.7"}}));
    REQUIRE(world.sees("default-web-80", "http://10.0.0.7:8080"));
    CHECK(world.sink.empty_ones == 0);
  }
}

TEST_CASE("kubernetes_goes_on_while_the_api_server_is_away") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.is_connected(); }));
  world.server.stop();
  REQUIRE(world.loop.until([&] { return world.sink.is_lost(); }));
  CHECK(world.sink.servers("default-web-80") == "http://10.0.0.1:8080");
  world.server.put("endpointslices", slice_json("web", {{"10.0.0.9"}}));
  world.server.start();
  CHECK(world.sees("default-web-80", "http://10.0.0.9:8080"));
  CHECK(world.loop.until([&] { return world.sink.is_connected(); }));
}

TEST_CASE("kubernetes_waits_as_long_as_429_says") {
  World world;
  world.put_web();
  world.server.fail("/services?", 429, 1, "{}", "Retry-After: 1\r\n");
  auto began = std::chrono::steady_clock::now();
  world.start();
  REQUIRE(world.sees("default-web-80", "http://10.0.0.1:8080"));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(990));
}

TEST_CASE("kubernetes_reads_a_rotated_token") {
  testing::TempDir folder;
  std::string path = folder.path() + "/token";
  std::ofstream(path) << "first\n";
  World world;
  world.config.token = path;
  world.server.require_token("first");
  world.put_web();
  world.start();
  REQUIRE(world.sees("default-web-80", "http://10.0.0.1:8080"));
  world.server.require_token("second");
  std::ofstream(path) << "second\n";
  world.server.cut_watches();
  world.server.put("endpointslices", slice_json("web", {{"10.0.0.3"}}));
  CHECK(world.sees("default-web-80", "http://10.0.0.3:8080"));
}

TEST_CASE("kubernetes_names_a_missing_permission") {
  World world;
  world.put_web();
  world.server.fail("/secrets?", 403, 1000,
                    R"({"kind":"Status","reason":"Forbidden","message":"secrets is forbidden"})");
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.is_lost(); }));
  CHECK(world.sink.reasons.back().contains("403: secrets is forbidden"));
}

TEST_CASE("kubernetes_never_takes_a_secret_for_the_name_of_a_file") {
  World world;
  auto ingress = ingress_json("web", "a.example", "/", "web");
  ingress["spec"]["tls"] =
      testing::Json::array({{{"hosts", {"a.example"}}, {"secretName", "pair"}}});
  world.server.put("ingresses", ingress);
  auto secret = testing::object_json("Secret", "default", "pair");
  secret["type"] = "kubernetes.io/tls";
  secret["data"] = {{"tls.crt", "L2V0Yy9wYXNzd2Q="}, {"tls.key", "L2V0Yy9wYXNzd2Q="}};
  world.server.put("secrets", secret);
  world.start();
  REQUIRE(world.loop.until([&] { return !world.sink.last.diagnostics.empty(); }));
  CHECK(world.sink.last.diagnostics[0].message.contains("has no tls.crt and tls.key in PEM"));
  CHECK(world.sink.last.objects.certificates.empty());
}

TEST_CASE("kubernetes_follows_a_secret_of_another_type_by_its_name") {
  World world;
  auto ingress = ingress_json("web", "a.example", "/", "web");
  ingress["spec"]["tls"] =
      testing::Json::array({{{"hosts", {"a.example"}}, {"secretName", "pair"}}});
  world.server.put("ingresses", ingress);
  auto secret = testing::object_json("Secret", "default", "pair");
  secret["type"] = "Opaque";
  secret["data"] = {{"tls.crt", "LS0tLS1CRUdJTiBjLS0tLS0="},
                    {"tls.key", "LS0tLS1CRUdJTiBrLS0tLS0="}};
  world.server.put("secrets", secret);
  auto release = testing::object_json("Secret", "default", "sh.helm.release.v1.x");
  release["type"] = "helm.sh/release.v1";
  world.server.put("secrets", release);
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.last.objects.certificates.size() == 1; }));
  CHECK(world.sink.last.objects.certificates[0].cert_file == "-----BEGIN c-----");
  CHECK(world.provider->store().secrets().all().size() == 1);
  world.server.remove("ingresses", "default/web");
  CHECK(world.loop.until([&] { return world.provider->store().secrets().all().empty(); }));
}

}  // namespace
}  // namespace fairlead::providers::kubernetes
