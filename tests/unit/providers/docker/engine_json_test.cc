#include "providers/docker/engine_json.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {

TEST_CASE("reads_a_listed_container") {
  std::string why;
  auto list = parse_container_list(R"json([{"Id":"abc","Names":["/proxy/web","/web"],
    "Labels":{"a":"b"},"State":"running","Status":"Up 3 minutes (health: starting)",
    "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
             {"PrivatePort":53,"Type":"udp"},{"PrivatePort":9,"Type":"sctp"}],
    "HostConfig":{"NetworkMode":"front"},
    "NetworkSettings":{
    "Networks" : { "front" : {"IPAddress" : "10.0.0.2", "GlobalIPv6Address" : "fd00::2"} }}
}])json",
                                   why);
  REQUIRE(list);
  REQUIRE(list->size() == 1);
  const Container& web = list->front();
  CHECK(web.name == "web");
  CHECK(web.labels.at("a") == "b");
  CHECK(web.state == State::running);
  CHECK(web.health == Health::starting);
  CHECK(web.tcp_ports == std::set<uint16_t>{80});
  CHECK(web.udp_ports == std::set<uint16_t>{53});
  CHECK(web.tcp_bindings.at(80) == std::vector<PortBinding>{{"0.0.0.0", 8080}});
  CHECK(web.networks.at("front") == Attachment{"10.0.0.2", "fd00::2", ""});
  CHECK(web.network_mode == "front");
}

TEST_CASE("reads_health_however_the_list_tells_it") {
  std::string why;
  auto health = [&](const std::string& members) {
    return parse_container_list("[{\"Id\":\"a\"," + members + "}]", why)->front().health;
  };
  CHECK(health(R"json("Status":"Up 5 minutes (healthy)")json") == Health::healthy);
  CHECK(health(R"json("Status":"Up 5 minutes (unhealthy)")json") == Health::unhealthy);
  CHECK(health(R"json("Status":"Up 5 minutes")json") == Health::none);
  CHECK(health(R"json("Status":"Up (unhealthy)","Health":{"Status":"healthy"})json") ==
        Health::healthy);
  CHECK(health(R"json("Health":{"Status":"none"})json") == Health::none);
}

TEST_CASE("list_and_inspection_say_the_same") {
  std::string why;
  auto listed = parse_container_list(R"json([{"Id":"abc","Names":["/web"],"Labels":{"a":"b"},
    "State":"running","Status":"Up 3 minutes (healthy)",
    "Ports":[{"IP":"127.0.0.1","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
             {"PrivatePort":443,"Type":"tcp"}],
    "HostConfig":{"NetworkMode":"default"},
    "NetworkSettings":{
    "Networks" : { "bridge" : {"IPAddress" : "172.17.0.2"} }}
}])json",
                                     why);
  auto inspected = parse_inspected(R"json({"Id":"abc","Name":"/web",
    "State":{"Status":"running","Health":{"Status":"healthy"}},
    "Config":{"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{},"443/tcp":{}}},
    "HostConfig":{"NetworkMode":"default"},
    "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}],"443/tcp":null},
                       "Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}})json",
                                   why);
  REQUIRE(listed);
  REQUIRE(inspected);
  CHECK(listed->front() == *inspected);
}

TEST_CASE("bad_answers_are_refused_and_odd_members_read_as_absent") {
  std::string why;
  CHECK_FALSE(parse_container_list("{}", why));
  CHECK(why == "the Engine's container list is not an array");
  CHECK_FALSE(parse_container_list("[{", why));
  CHECK(why == "the Engine's answer is not JSON");
  CHECK_FALSE(parse_inspected("{\"Name\":\"/x\"}", why));
  CHECK_FALSE(parse_event("", why));
  auto list = parse_container_list(
      R"json([1, null, {"Id":7}, {"Id":"a","Names":"x","Labels":[],"Ports":{},"State":3,
         "NetworkSettings":{"Networks":[]},"HostConfig":null}])json",
      why);
  REQUIRE(list);
  REQUIRE(list->size() == 1);
  CHECK(list->front().state == State::unknown);
  auto odd = parse_inspected(
      R"json({"Id":"a","Config":{"ExposedPorts":{"x/tcp":{},"0/tcp":{},"70000/tcp":{}}},
      "NetworkSettings":{"Ports":{"80/tcp":[{"HostPort":-1},7]}}})json",
      why);
  REQUIRE(odd);
  CHECK(odd->tcp_ports == std::set<uint16_t>{80});
  CHECK(odd->tcp_bindings[80].empty());
}

TEST_CASE("tells_events_apart") {
  struct Row {
    const char* line;
    Event::Kind kind;
    const char* id;
  };
  const Row kRows[] = {
      {R"json({"Type":"container","Action":"start","Actor":{"ID":"a"}})json", Event::Kind::appeared,
       "a"},
      {R"json({"Type":"container","Action":"die","Actor":{"ID":"a"}})json", Event::Kind::died, "a"},
      {R"json({"Type":"container","Action":"destroy","Actor":{"ID":"a"}})json",
       Event::Kind::destroyed, "a"},
      {R"json({"Type":"container","Action":"pause","Actor":{"ID":"a"}})json", Event::Kind::paused,
       "a"},
      {R"json({"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"signal":"15"}}})json",
       Event::Kind::signalled, "a"},
      {R"json({"Type":"container","Action":"health_status: healthy","Actor":{"ID":"a"}})json",
       Event::Kind::health_changed, "a"},
      {R"json({"Type":"container","Action":"health_status","Actor":{"ID":"a"}})json",
       Event::Kind::appeared, "a"},
      {R"json({"Type":"container","Action":"exec_create: ls","Actor":{"ID":"a"}})json",
       Event::Kind::ignored, "a"},
      {R"json({"Type":"network","Action":"connect","Actor":{"ID":"n","Attributes":{"container":"a"}}})json",
       Event::Kind::appeared, "a"},
      {R"json({"Type":"network","Action":"create","Actor":{"ID":"n"}})json", Event::Kind::ignored,
       ""},
      {R"json({"Type":"image","Action":"pull"})json", Event::Kind::ignored, ""},
      {R"json([])json", Event::Kind::ignored, ""},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.line);
    std::string why;
    auto event = parse_event(row.line, why);
    REQUIRE(event);
    CHECK(event->kind == row.kind);
    CHECK(event->container_id == row.id);
  }
}

TEST_CASE("knows_signals_by_name_and_number") {
  CHECK(signal_number("15") == 15);
  CHECK(signal_number("SIGTERM") == 15);
  CHECK(signal_number("QUIT") == 3);
  CHECK(signal_number("SIGWINCH") == 28);
  CHECK(signal_number("SIGRTMIN+3") == 37);
  CHECK(signal_number("SIGNONSENSE") == 0);
  CHECK(signal_number("") == 0);
}

TEST_CASE("takes_the_words_out_of_an_error_body") {
  CHECK(parse_error_message("{\"message\":\"no such image\"}") == "no such image");
  CHECK(parse_error_message("<html>") == "<html>");
}

}  // namespace fairlead::providers::docker
