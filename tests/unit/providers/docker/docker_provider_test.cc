#include "providers/docker/docker_provider.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "config/static_providers.h"
#include "support/control_loop.h"
#include "support/fake_engine.h"

namespace fairlead::providers::docker {
namespace {

using testing::ControlLoop;
using testing::FakeEngine;

const std::string kA = "a" + std::string(63, '1');
const std::string kB = "b" + std::string(63, '2');

struct Recorder final : FragmentSink {
  void publish(config::Fragment fragment) override { fragments.push_back(std::move(fragment)); }
  void connection(std::string_view provider, Connection state, std::string_view why) override {
    CHECK(provider == "docker");
    states.push_back(state);
    reasons.emplace_back(why);
  }

  bool is_connected() const { return !states.empty() && states.back() == Connection::connected; }
  size_t count(Connection state) const {
    return static_cast<size_t>(std::count(states.begin(), states.end(), state));
  }
  // "http://10.0.0.2:80,…" of a service of the last fragment; "none" without the service.
  std::string servers(const std::string& service) const {
    if (fragments.empty()) return "nothing";
    auto found = fragments.back().objects.services.find(service);
    if (found == fragments.back().objects.services.end()) return "none";
    std::string text;
    for (const auto& server : found->second.load_balancer.servers) {
      text += (text.empty() ? "" : ",") + server.url;
    }
    return text;
  }

  std::vector<config::Fragment> fragments;
  std::vector<Connection> states;
  std::vector<std::string> reasons;
};

struct World {
  explicit World(DockerOptions changed = {}) : options(std::move(changed)) {
    options.client.endpoint = engine.endpoint();
    options.first_retry = io::Duration(1);
    options.last_retry = io::Duration(20);
  }
  void start() {
    provider.emplace(options, client, OwnContainer{});
    loop.scope().spawn(provider->run(loop.scope(), sink));
  }
  bool connects() {
    start();
    return loop.until([&] { return sink.is_connected(); });
  }
  bool sees(const std::string& service, const std::string& servers) {
    return loop.until([&] { return sink.servers(service) == servers; });
  }
  ~World() { CHECK(loop.end()); }

  FakeEngine engine;
  DockerOptions options;
  Recorder sink;
  ControlLoop loop;
  fetch::Client client;
  std::optional<DockerProvider> provider;
};

TEST_CASE("publishes_what_the_list_tells_without_inspecting") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  CHECK(world.sink.servers("web") == "http://10.0.0.2:80");
  CHECK(world.engine.asked("/v1.41/containers/json") == 1);
  CHECK(world.engine.asked("/containers/" + kA) == 0);
  CHECK(world.engine.asked("/events?filters=") == 1);
}

TEST_CASE("inspects_only_those_that_the_list_tells_too_little_about") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.set_host_container(kB, "metrics");
  REQUIRE(world.connects());
  CHECK(world.sink.servers("metrics") == "http://127.0.0.1:80");
  CHECK(world.engine.asked("/containers/" + kB) == 1);
  CHECK(world.engine.asked("/containers/" + kA) == 0);
}

TEST_CASE("a_started_container_is_published_after_one_inspection") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.send_event("start", kA);
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.engine.asked("/containers/" + kA) == 1);
  CHECK(world.engine.asked("/containers/json") == 1);
}

TEST_CASE("a_dying_container_leaves_without_asking_the_engine") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.set_container(kB, "other", "10.0.0.3");
  REQUIRE(world.connects());
  world.engine.hold("/containers/");
  world.engine.send_event("die", kA);
  CHECK(world.sees("web", "none"));
  CHECK(world.sink.servers("other") == "http://10.0.0.3:80");
}

TEST_CASE("a_container_told_to_stop_gets_no_new_requests") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  world.engine.send_event("kill", kA, R"("signal":"15")");
  CHECK(world.sees("web", ""));
  CHECK(world.sink.fragments.back().objects.routers.contains("web"));
  world.engine.send_event("die", kA);
  CHECK(world.sees("web", "none"));
}

TEST_CASE("an_images_own_stop_signal_counts_and_another_signal_does_not") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.set_stop_signal(kA, "SIGQUIT");
  REQUIRE(world.connects());
  world.engine.send_event("kill", kA, R"("signal":"1")");
  REQUIRE(world.loop.until([&] { return world.engine.asked("/containers/" + kA) == 1; }));
  world.engine.send_event("kill", kA, R"("signal":"3")");
  CHECK(world.sees("web", ""));
  for (const auto& fragment : world.sink.fragments)
    CHECK(fragment.objects.services.contains("web"));
}

TEST_CASE("health_changes_without_asking_the_engine") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  world.engine.send_event("health_status: unhealthy", kA);
  CHECK(world.sees("web", "none"));
  world.engine.send_event("health_status: healthy", kA);
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.engine.asked("/containers/" + kA) == 0);
}

TEST_CASE("paused_renamed_and_reattached_containers_are_followed") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  world.engine.send_event("pause", kA);
  CHECK(world.sees("web", "none"));
  world.engine.send_event("unpause", kA);
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  world.engine.set_container(kA, "shop", "10.0.0.2");
  world.engine.send_event("rename", kA);
  CHECK(world.sees("shop", "http://10.0.0.2:80"));
  CHECK(world.sink.servers("web") == "none");
  world.engine.set_container(kA, "shop", "10.0.9.9");
  world.engine.send_line(
      R"({"Type":"network","Action":"connect","Actor":{"ID":"n","Attributes":{"container":")" + kA +
      R"("}}})");
  CHECK(world.sees("shop", "http://10.0.9.9:80"));
}

TEST_CASE("an_inspection_that_a_death_overtakes_is_dropped") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.set_container(kB, "mark", "10.0.0.3");
  world.engine.hold("/containers/" + kA);
  world.engine.send_event("start", kA);
  REQUIRE(world.loop.until([&] { return world.engine.asked("/containers/" + kA) == 1; }));
  world.engine.send_event("destroy", kA);
  world.engine.send_event("start", kB);  // seen after the destroy
  REQUIRE(world.sees("mark", "http://10.0.0.3:80"));
  world.engine.release();
  world.engine.set_container(kB, "mark2", "10.0.0.3");
  world.engine.send_event("rename", kB);
  REQUIRE(world.sees("mark2", "http://10.0.0.3:80"));
  CHECK(world.sink.servers("web") == "none");
}

TEST_CASE("a_burst_of_events_costs_one_inspection_a_container") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.hold("/containers/" + kA);
  for (int i = 0; i < 50; ++i) world.engine.send_event("update", kA);
  world.engine.set_container(kB, "mark", "10.0.0.3");
  world.engine.send_event("start", kB);
  REQUIRE(world.sees("mark", "http://10.0.0.3:80"));
  world.engine.release();
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.engine.asked("/containers/" + kA) <= 3);
}

TEST_CASE("a_lost_stream_keeps_the_fragment_and_a_new_list_closes_the_gap") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  world.engine.stop();
  REQUIRE(world.loop.until([&] { return world.sink.count(Connection::lost) >= 3; }));
  CHECK(world.sink.servers("web") == "http://10.0.0.2:80");
  CHECK(world.sink.reasons.back().find(world.engine.path()) != std::string::npos);
  world.engine.remove_container(kA);
  world.engine.set_container(kB, "next", "10.0.0.3");
  world.engine.set_api_version("1.44");  // upgraded meanwhile
  world.engine.start();
  CHECK(world.sees("next", "http://10.0.0.3:80"));
  CHECK(world.sink.servers("web") == "none");
  CHECK(world.engine.asked("/v1.44/containers/json") == 1);
}

TEST_CASE("a_cut_stream_is_subscribed_again") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");  // its event was lost
  world.engine.cut_streams();
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.sink.count(Connection::lost) == 1);
}

TEST_CASE("a_broken_line_in_the_stream_leads_to_a_new_list") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.send_line("{\"Type\":\"container\",");
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.sink.count(Connection::lost) == 1);
}

TEST_CASE("errors_of_the_engine_are_told_and_tried_again") {
  World world;
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.fail("/containers/json", 500, 2, "{\"message\":\"disk on fire\"}");
  world.engine.fail("/_ping", 503, 1, "not yet");
  REQUIRE(world.connects());
  CHECK(world.sink.servers("web") == "http://10.0.0.2:80");
  CHECK(world.sink.count(Connection::lost) == 3);
  auto has = [&](const char* part) {
    return std::ranges::any_of(world.sink.reasons, [&](const std::string& reason) {
      return reason.find(part) != std::string::npos;
    });
  };
  CHECK(has("answered 500: disk on fire"));
  CHECK(has("answered 503: not yet"));
}

TEST_CASE("a_list_that_is_not_json_is_an_error") {
  World world;
  world.engine.fail("/containers/json", 200, 1, "<html>");
  REQUIRE(world.connects());
  CHECK(world.sink.reasons[1] == "/containers/json: the Engine's answer is not JSON");
}

TEST_CASE("a_failed_inspection_is_tried_again") {
  World world;
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.fail("/containers/" + kA, 500, 1, "{}");
  world.engine.send_event("start", kA);
  CHECK(world.sees("web", "http://10.0.0.2:80"));
  CHECK(world.engine.asked("/containers/" + kA) == 2);
}

TEST_CASE("speaks_the_version_the_engine_names") {
  World world;
  world.engine.set_api_version("1.52");
  REQUIRE(world.connects());
  CHECK(world.engine.asked("/v1.52/containers/json") == 1);
}

TEST_CASE("a_proxy_that_hides_the_version_is_asked_without_one") {
  World world;
  world.engine.set_api_version("");
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  CHECK(world.sink.servers("web") == "http://10.0.0.2:80");
}

TEST_CASE("an_engine_too_old_is_refused_with_words") {
  World world;
  world.engine.set_api_version("1.23");
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.count(Connection::lost) >= 1; }));
  CHECK(world.sink.reasons[1].find("speaks API 1.23") != std::string::npos);
}

TEST_CASE("without_watching_one_list_is_all") {
  DockerOptions options;
  options.watch = false;
  World world(options);
  world.engine.set_container(kA, "web", "10.0.0.2");
  REQUIRE(world.connects());
  CHECK(world.sink.servers("web") == "http://10.0.0.2:80");
  CHECK(world.engine.asked("/events") == 0);
}

TEST_CASE("a_lost_event_is_made_up_for_by_the_next_comparison") {
  DockerOptions options;
  options.resync = io::Duration(0);
  World world(options);
  REQUIRE(world.connects());
  world.engine.set_container(kA, "web", "10.0.0.2");
  world.engine.send_event("oom", kB);  // of no interest, but time is looked at
  CHECK(world.sees("web", "http://10.0.0.2:80"));
}

TEST_CASE("stops_at_once_while_the_engine_does_not_answer") {
  World world;
  world.engine.hold("/_ping");
  world.start();
  REQUIRE(world.loop.until([&] { return world.engine.asked("/_ping") == 1; }));
  CHECK(world.loop.end());
  world.engine.release();
}

TEST_CASE("advises_when_the_socket_is_missing") {
  World world;
  world.options.client.endpoint = "unix:///nonexistent/docker.sock";
  world.start();
  REQUIRE(world.loop.until([&] { return world.sink.count(Connection::lost) >= 1; }));
  CHECK(world.sink.reasons[1].find("No such file or directory (is Docker running") !=
        std::string::npos);
}

TEST_CASE("own_networks_come_from_fairleads_own_container") {
  Container self;
  self.id = kA;
  self.networks = {{"edge", {"10.0.0.2", "", "10.0.0.1"}}};
  Inventory inventory;
  inventory.replace({self});
  Surroundings around = surroundings_of({true, kA, ""}, inventory, "", "host.docker.internal");
  CHECK(around.knows_own_networks);
  CHECK(around.own_networks == std::set<std::string>{"edge"});
  CHECK(around.host_address == "host.docker.internal");
  CHECK(surroundings_of({true, kA, ""}, inventory, "", "").host_address == "10.0.0.1");
  CHECK(surroundings_of({true, "", kA.substr(0, 12)}, inventory, "", "").knows_own_networks);
  CHECK_FALSE(surroundings_of({false, "", kA.substr(0, 12)}, inventory, "", "").knows_own_networks);
}

TEST_CASE("services_of_the_host_are_reached_from_where_fairlead_runs") {
  Container self;
  self.id = kA;
  self.network_mode = "host";
  Inventory inventory;
  inventory.replace({self});
  auto address = [&](const OwnContainer& own, const char* engine, const char* name) {
    return surroundings_of(own, inventory, engine, name).host_address;
  };
  CHECK(address({}, "", "") == "127.0.0.1");
  CHECK(address({}, "192.0.2.7", "") == "192.0.2.7");
  CHECK(address({}, "127.0.0.1", "") == "127.0.0.1");
  CHECK(address({true, kA, ""}, "", "h") == "127.0.0.1");
  CHECK(address({true, kB, ""}, "", "h") == "127.0.0.1");  // an Engine within a container
  CHECK(address({true, "", "other"}, "", "h") == "h");
  CHECK(address({true, "", "other"}, "", "") == "127.0.0.1");
}

TEST_CASE("options_come_from_the_static_configuration") {
  config::DockerProviderConfig config;
  config.endpoint = "tcp://10.0.0.9:2376";
  config.tls = config::ClientTls{"ca.pem", "cert.pem", "key.pem", true};
  config.exposed_by_default = false;
  config.network = "edge";
  DockerOptions options = docker_options(config);
  CHECK(options.client.tls->skips_verification);
  CHECK_FALSE(options.translate.exposed_by_default);
  CHECK(options.network == "edge");
}

}  // namespace
}  // namespace fairlead::providers::docker
