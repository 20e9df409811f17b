#include "control/config_hub.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/temp_dir.h"
#include "support/virtual_loop.h"

namespace fairlead::control {
namespace {

using config::Fragment;
using io::Duration;

Fragment fragment(const std::string& provider, const std::string& rule) {
  Fragment out{provider, {}, {}};
  out.objects.routers["web"].rule = rule;
  return out;
}

// A hub running on a virtual loop, with a record of what it applied and when.
class Running {
 public:
  explicit Running(ConfigHub::Settings settings = {})
      : hub(std::move(settings), [this](const auto& fragments) { record(fragments); }) {
    start_ = loop.now();
    scope.spawn(hub.run(scope));
    loop.settle();
  }
  ~Running() { stop(); }

  void stop() {
    scope.cancel(Error{Code::cancelled});
    loop.settle();
  }
  void say(const std::string& provider, const std::string& rule) {
    hub.publish(fragment(provider, rule));
    loop.settle();
  }
  void pass(int ms) { loop.advance(Duration{ms}); }

  testing::VirtualLoop loop;
  std::vector<std::string> applied;  // "docker=rule file=rule"
  std::vector<Duration> times;       // when, after the start
  ConfigHub hub;
  io::Scope scope;

 private:
  void record(const std::vector<const Fragment*>& fragments) {
    std::string text;
    for (const Fragment* one : fragments) {
      text += (text.empty() ? "" : " ") + one->provider + "=";
      for (const auto& [name, router] : one->objects.routers) text += router.rule;
    }
    applied.push_back(text);
    times.push_back(loop.now() - start_);
  }
  io::TimePoint start_;
};

ConfigHub::Settings expecting(std::vector<std::string> providers,
                              const std::string& state_dir = "") {
  ConfigHub::Settings settings;
  settings.expected = std::move(providers);
  settings.state_dir = state_dir;
  return settings;
}

}  // namespace

TEST_CASE("the_first_change_after_a_calm_time_passes_at_once") {
  Running run;
  run.say("docker", "a");
  CHECK(run.applied == std::vector<std::string>{"docker=a"});
  run.pass(1500);
  run.say("docker", "b");
  CHECK(run.applied.back() == "docker=b");
  CHECK(run.applied.size() == 2);
}

TEST_CASE("what_is_published_in_one_turn_is_applied_together") {
  Running run;
  run.hub.publish(fragment("docker", "a"));
  run.hub.publish(fragment("file", "b"));
  run.hub.publish(fragment("docker", "c"));
  run.loop.settle();
  CHECK(run.applied == std::vector<std::string>{"docker=c file=b"});
}

TEST_CASE("later_changes_wait_until_it_is_quiet") {
  Running run;
  run.say("docker", "a");
  for (const char* rule : {"b", "c", "d"}) {
    run.pass(10);
    run.say("docker", rule);
  }
  CHECK(run.applied.size() == 1);
  run.pass(10);
  CHECK(run.applied.size() == 1);
  run.pass(30);
  CHECK(run.applied == std::vector<std::string>{"docker=a", "docker=d"});
}

TEST_CASE("an_endless_burst_is_applied_several_times_a_second") {
  Running run;
  for (int i = 0; i < 60; ++i) {
    run.say("docker", std::to_string(i));
    run.pass(10);
  }
  run.pass(100);
  REQUIRE(run.applied.size() >= 3);  // at once, after 300 ms each, and the rest
  CHECK(run.applied.size() <= 4);
  CHECK(run.times[1] - run.times[0] <= Duration{330});
  CHECK(run.times[2] - run.times[1] <= Duration{330});
  CHECK(run.applied.back() == "docker=59");
}

TEST_CASE("an_equal_fragment_is_dropped") {
  Running run;
  run.say("docker", "a");
  run.pass(2000);
  run.say("docker", "a");
  run.pass(2000);
  CHECK(run.applied.size() == 1);
}

TEST_CASE("ready_means_every_expected_provider_was_applied") {
  Running run(expecting({"docker", "file"}));
  CHECK_FALSE(run.hub.is_ready());
  run.say("docker", "a");
  CHECK_FALSE(run.hub.is_ready());
  run.say("internal", "x");
  run.say("file", "b");
  CHECK_FALSE(run.hub.is_ready());  // held off, not served yet
  run.pass(60);
  CHECK(run.hub.is_ready());
  CHECK(run.hub.providers().at("file").has_spoken);
  CHECK_FALSE(run.hub.providers().at("internal").is_expected);
}

TEST_CASE("a_provider_that_says_nothing_but_empty_counts_as_having_spoken") {
  Running run(expecting({"docker"}));
  run.hub.publish(Fragment{"docker", {}, {}});
  run.loop.settle();
  CHECK(run.hub.is_ready());
  CHECK(run.applied == std::vector<std::string>{"docker="});
}

TEST_CASE("connections_are_remembered") {
  Running run(expecting({"docker"}));
  run.hub.connection("docker", providers::Connection::lost, "no such file");
  CHECK(run.hub.providers().at("docker").connection == providers::Connection::lost);
  CHECK(run.hub.providers().at("docker").why == "no such file");
}

TEST_CASE("changes_name_what_was_added_removed_and_changed") {
  Running run;
  run.hub.publish(fragment("docker", "a"));
  run.loop.settle();
  Fragment next = fragment("docker", "b");
  next.objects.services["s"];
  run.pass(2000);
  run.hub.publish(next);
  run.loop.settle();
  run.pass(2000);
  next.objects.routers.clear();
  run.hub.publish(next);
  run.loop.settle();
  const auto& changes = run.hub.changes();
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].added == std::vector<std::string>{"router web@docker"});
  CHECK(changes[1].changed == std::vector<std::string>{"router web@docker"});
  CHECK(changes[1].added == std::vector<std::string>{"service s@docker"});
  CHECK(changes[2].removed == std::vector<std::string>{"router web@docker"});
}

TEST_CASE("only_the_last_hundred_changes_are_kept_and_long_ones_are_cut") {
  ChangeLog log;
  for (int i = 0; i < 150; ++i) log.add({{}, std::to_string(i), {}, {}, {}});
  CHECK(log.entries().size() == 100);
  CHECK(log.entries().front().provider == "50");
  config::Objects many;
  for (int i = 0; i < 500; ++i) many.routers[std::to_string(i)];
  Change change = difference("docker", {}, many);
  CHECK(change.added.size() == 201);
  CHECK(change.added.back() == "and 300 more");
}

TEST_CASE("the_saved_configuration_is_served_until_the_provider_speaks") {
  testing::TempDir dir;
  {
    Running run(expecting({"docker"}, dir.path()));
    run.say("docker", "a");
    run.pass(3000);
  }
  struct stat info{};
  REQUIRE(::stat(dir.path("last-good-docker.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  Running again(expecting({"docker"}, dir.path()));
  CHECK(again.applied == std::vector<std::string>{"docker=a"});
  CHECK_FALSE(again.hub.is_ready());
  CHECK(again.hub.providers().at("docker").is_from_disk);
  again.say("docker", "b");
  CHECK(again.applied.back() == "docker=b");
  CHECK(again.hub.is_ready());
}

TEST_CASE("what_is_unsaved_at_the_end_is_saved_then") {
  testing::TempDir dir;
  Running run(expecting({"docker"}, dir.path()));
  run.say("docker", "a");
  run.stop();
  CHECK(dir.read("last-good-docker.json").contains("\"rule\":\"a\""));
}

TEST_CASE("a_saved_configuration_that_cannot_be_used_is_ignored") {
  for (const char* text : {"", "{", "[]", "{\"format\":1}", "\x01\x02",
                           "{\"format\":2,\"provider\":\"docker\",\"config\":{}}",
                           "{\"format\":1,\"provider\":\"file\",\"config\":{}}",
                           "{\"format\":1,\"provider\":\"docker\",\"config\":{\"http\":5}}"}) {
    INFO(text);
    testing::TempDir dir;
    dir.write("last-good-docker.json", text);
    Running run(expecting({"docker"}, dir.path()));
    CHECK(run.applied.empty());
    run.say("docker", "a");
    CHECK(run.applied == std::vector<std::string>{"docker=a"});
    config::Diagnostics diagnostics;
    dir.write("last-good-docker.json", text);
    CHECK_FALSE(LastGood(dir.path()).load("docker", diagnostics));
    CHECK(diagnostics.size() == 1);
  }
}

TEST_CASE("saving_into_a_directory_that_is_gone_says_so") {
  CHECK(LastGood("/nonexistent/fairlead").save(fragment("docker", "a")).contains("No such file"));
  config::Diagnostics diagnostics;
  CHECK_FALSE(LastGood("/nonexistent/fairlead").load("docker", diagnostics));
  CHECK(diagnostics.empty());
}

TEST_CASE("a_provider_name_cannot_leave_the_state_directory") {
  CHECK(LastGood("/state").path_for("../etc/x") == "/state/last-good-___etc_x.json");
}

TEST_CASE("a_file_broken_at_the_start_leaves_the_saved_configuration_in_place") {
  testing::TempDir dir;
  {
    Running run(expecting({"file"}, dir.path()));
    run.say("file", "a");
    run.pass(3000);
  }
  Running again(expecting({"file"}, dir.path()));
  Fragment broken{"file", {}, {{config::Severity::error, "file", "", "", "line 3: not valid"}}};
  again.hub.publish(broken);
  again.loop.settle();
  again.pass(100);
  CHECK(again.applied.back() == "file=a");
  CHECK(again.hub.is_ready());
  CHECK(again.hub.providers().at("file").is_from_disk);
  again.hub.publish(Fragment{"file", {}, {}});  // emptied on purpose
  again.loop.settle();
  again.pass(2000);
  CHECK(again.applied.back() == "file=");
}

}  // namespace fairlead::control
