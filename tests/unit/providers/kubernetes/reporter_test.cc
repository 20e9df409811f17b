#include "providers/kubernetes/reporter.h"

#include <doctest/doctest.h>

#include "provider_world.h"

namespace fairlead::providers::kubernetes {
namespace {

using Json = testing::Json;
using World = ProviderWorld;

size_t writes(const World& world, const std::string& part) {
  return world.server.writes(part).size();
}

TEST_CASE("reporter_writes_the_address_by_server_side_apply") {
  World world;
  world.config.ingress_endpoint.ip = "192.0.2.1, 192.0.2.2";
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return writes(world, "/ingresses/web/status") == 1; }));
  auto write = world.server.writes("/ingresses/web/status")[0];
  CHECK(write.method == "PATCH");
  CHECK(write.type == "application/apply-patch+yaml");
  CHECK(write.body["status"]["loadBalancer"]["ingress"] ==
        Json::parse(R"([{"ip":"192.0.2.1"},{"ip":"192.0.2.2"}])"));
  CHECK_FALSE(write.body["metadata"].contains("resourceVersion"));
  // What it wrote comes back as an event, and is not written again.
  auto ingress = testing::ingress_json("web", "a.example", "/", "web");
  ingress["status"] = write.body["status"];
  world.server.put("ingresses", ingress);
  world.server.put("ingresses", testing::ingress_json("two", "b.example", "/", "web"));
  REQUIRE(world.loop.until([&] { return writes(world, "/ingresses/two/status") >= 1; }));
  CHECK(writes(world, "/ingresses/web/status") == 1);
}

TEST_CASE("reporter_copies_the_published_service") {
  World world;
  world.config.ingress_endpoint.published_service = "default/lb";
  auto service = testing::service_json("lb");
  service["spec"]["type"] = "LoadBalancer";
  service["status"]["loadBalancer"]["ingress"] = Json::parse(R"([{"hostname":"lb.example"}])");
  world.server.put("services", service);
  world.put_web();
  world.start();
  REQUIRE(world.loop.until([&] { return writes(world, "/ingresses/web/status") == 1; }));
  CHECK(world.server.writes("/ingresses/web/status")[0]
            .body["status"]["loadBalancer"]["ingress"][0]["hostname"] == "lb.example");
}

TEST_CASE("reporter_takes_the_address_from_an_ingress_that_left") {
  World world;
  world.config.ingress_endpoint.hostname = "lb.example";
  auto ingress = testing::ingress_json("web", "a.example", "/", "web");
  ingress["status"]["loadBalancer"]["ingress"] = Json::parse(R"([{"hostname":"lb.example"}])");
  world.server.put("ingresses", ingress);
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.last.objects.routers.size() == 1; }));
  REQUIRE(world.loop.until([&] { return world.server.writes("POST /apis/coord").size() == 1; }));
  for (int i = 0; i < 20; ++i) world.loop.until([] { return true; });
  ingress["spec"]["ingressClassName"] = "other";
  world.server.put("ingresses", ingress);
  REQUIRE(world.loop.until([&] { return writes(world, "/ingresses/web/status") == 1; }));
  CHECK(world.server.writes("/ingresses/web/status")[0]
            .body["status"]["loadBalancer"]["ingress"]
            .empty());
}

TEST_CASE("reporter_says_what_is_wrong_in_events_once") {
  World world;
  auto ingress = testing::ingress_json("web", "a.example", "/", "gone");
  ingress["metadata"]["annotations"] = {{"traefik.ingress.kubernetes.io/router.priority", "high"}};
  world.server.put("ingresses", ingress);
  world.start();
  REQUIRE(world.loop.until([&] { return writes(world, "/events") == 2; }));
  std::string reasons;
  for (const auto& write : world.server.writes("/events")) {
    CHECK(write.body["regarding"]["name"] == "web");
    CHECK(write.body["regarding"]["uid"] == "uid-web");
    reasons += write.body["reason"].get<std::string>() + " ";
  }
  CHECK(reasons == "InvalidAnnotation MissingService ");
  CHECK(world.server.writes("/events")[1].body["note"].get<std::string>().contains(
      "Service default/gone does not exist"));
  world.server.put("services", testing::service_json("unrelated"));
  world.server.put("ingresses", testing::ingress_json("b", "b.example", "/", "gone"));
  REQUIRE(world.loop.until([&] { return writes(world, "/events") == 3; }));
  CHECK(world.server.writes("/events")[2].body["regarding"]["name"] == "b");
}

TEST_CASE("reporter_writes_nothing_in_shadow_mode") {
  World world;
  world.config.status_mode = "shadow";
  world.config.ingress_endpoint.ip = "192.0.2.1";
  world.server.put("ingresses", testing::ingress_json("web", "a.example", "/", "gone"));
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.is_connected(); }));
  world.server.put("ingresses", testing::ingress_json("b", "b.example", "/", "gone"));
  REQUIRE(world.loop.until([&] { return world.sink.last.objects.routers.size() == 2; }));
  CHECK(world.server.writes("").empty());
}

TEST_CASE("leader_leaves_writing_to_the_holder_until_its_lease_ends") {
  World world;
  world.config.ingress_endpoint.ip = "192.0.2.1";
  auto lease = testing::object_json("Lease", "default", "fairlead-leader");
  lease["spec"] = {{"holderIdentity", "other"}, {"leaseDurationSeconds", 1}};
  world.server.put("leases", lease);
  world.put_web();
  auto began = std::chrono::steady_clock::now();
  world.start();
  REQUIRE(world.loop.until([&] { return writes(world, "/ingresses/web/status") == 1; }));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(950));
  auto taken = world.server.get("leases", "default/fairlead-leader");
  CHECK(taken["spec"]["holderIdentity"] == "one");
  CHECK(taken["spec"]["leaseTransitions"] == 1);
}

TEST_CASE("leader_gives_the_lease_back_when_it_ends") {
  World world;
  world.put_web();
  world.start();
  REQUIRE(world.loop.until(
      [&] { return world.server.get("leases", "default/fairlead-leader").is_object(); }));
  REQUIRE(world.loop.until([&] { return world.sink.is_connected(); }));
  REQUIRE(world.loop.until([&] { return world.server.writes("PUT /apis/coord").size() >= 1; }));
  CHECK(world.loop.end());
  CHECK(world.server.get("leases", "default/fairlead-leader")["spec"]["holderIdentity"] == "");
}

TEST_CASE("addresses_of_a_service_follow_its_type") {
  Service service;
  service.cluster_ip = "10.0.0.1";
  service.external_ips = {"192.0.2.9"};
  auto text = [&] {
    std::string all;
    for (const Address& one : addresses_of(service)) all += one.ip + one.hostname + " ";
    return all;
  };
  CHECK(text() == "10.0.0.1 ");
  service.type = "NodePort";
  CHECK(text() == "192.0.2.9 ");
  service.type = "LoadBalancer";
  service.load_balancer = {{"198.51.100.1", ""}};
  CHECK(text() == "198.51.100.1 192.0.2.9 ");
  service.type = "ExternalName";
  service.external_name = "x.example";
  CHECK(text() == "x.example ");
}

}  // namespace
}  // namespace fairlead::providers::kubernetes
