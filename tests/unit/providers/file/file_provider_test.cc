// The provider on a real loop with real inotify: every wait ends with an event, or with the test's
// own deadline.
#include "providers/file/file_provider.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "support/temp_dir.h"

namespace fairlead::providers::file {
namespace {

namespace fs = std::filesystem;

class Sink final : public FragmentSink {
 public:
  void publish(config::Fragment fragment) override {
    last = std::move(fragment);
    ++count;
  }
  void connection(std::string_view, Connection state, std::string_view why) override {
    connected = state;
    reason = why;
  }
  std::string rule() const {
    auto found = last.objects.routers.find("web");
    return found == last.objects.routers.end() ? "" : found->second.rule;
  }

  config::Fragment last;
  int count = 0;
  Connection connected = Connection::connecting;
  std::string reason;
};

class Running {
 public:
  explicit Running(FileSettings settings) : provider(std::move(settings)) {
    io::Loop::current() = &loop;
    scope.spawn(provider.run(scope, sink));
    reach([&] { return sink.count > 0; });
  }
  ~Running() {
    scope.cancel(Error{Code::cancelled});
    loop.drain_ready();
  }
  // Runs the loop until the claim holds; false after five seconds.
  template <class Claim>
  bool reach(Claim claim) {
    io::Scope limit;
    bool is_late = false;
    limit.spawn(sound(limit, is_late));
    loop.drain_ready();
    while (!claim() && !is_late) loop.step();
    limit.cancel(Error{Code::cancelled});
    loop.drain_ready();
    return claim();
  }

  io::UvLoop loop;
  Sink sink;
  FileProvider provider;
  io::Scope scope;

 private:
  static io::Task<void> sound(io::Scope& limit, bool& is_late) {
    Result<void> slept = co_await io::sleep_for(io::Duration{5000}, &limit);
    is_late = slept.has_value();
  }
};

std::string router(const std::string& rule) {
  return "http: {routers: {web: {rule: \"" + rule + "\"}}}\n";
}

}  // namespace

TEST_CASE("publishes_at_the_start_and_after_every_way_of_saving") {
  testing::TempDir dir;
  dir.write("dyn.yml", router("start"));
  Running run({dir.path("dyn.yml"), "", true});
  CHECK(run.sink.rule() == "start");
  CHECK(run.sink.connected == Connection::connected);

  dir.write("dyn.yml", router("in place"));
  CHECK(run.reach([&] { return run.sink.rule() == "in place"; }));

  dir.write("dyn.yml.tmp", router("renamed over"));
  fs::rename(dir.path("dyn.yml.tmp"), dir.path("dyn.yml"));
  CHECK(run.reach([&] { return run.sink.rule() == "renamed over"; }));

  fs::rename(dir.path("dyn.yml"), dir.path("dyn.yml~"));
  dir.write("dyn.yml", router("backup first"));
  CHECK(run.reach([&] { return run.sink.rule() == "backup first"; }));
}

TEST_CASE("sees_a_config_map_swap") {
  testing::TempDir dir;
  for (const char* version : {"..1", "..2"}) {
    fs::create_directories(dir.path(version));
    dir.write(std::string(version) + "/dyn.yml", router(version));
  }
  fs::create_directory_symlink("..1", dir.path("..data"));
  fs::create_symlink("..data/dyn.yml", dir.path("dyn.yml"));
  Running run({"", dir.path(), true});
  CHECK(run.sink.rule() == "..1");
  fs::create_directory_symlink("..2", dir.path("..data_tmp"));
  fs::rename(dir.path("..data_tmp"), dir.path("..data"));
  CHECK(run.reach([&] { return run.sink.rule() == "..2"; }));
}

TEST_CASE("sees_files_in_directories_made_later") {
  testing::TempDir dir;
  Running run({"", dir.path("conf"), true});
  CHECK(run.sink.connected == Connection::lost);
  CHECK(run.sink.reason.contains("does not exist"));
  fs::create_directories(dir.path("conf/sub"));
  dir.write("conf/sub/dyn.yml", router("late"));
  CHECK(run.reach([&] { return run.sink.rule() == "late"; }));
  CHECK(run.sink.connected == Connection::connected);
}

TEST_CASE("without_watching_only_a_reload_reads_again") {
  testing::TempDir dir;
  dir.write("dyn.yml", router("one"));
  Running run({dir.path("dyn.yml"), "", false});
  dir.write("dyn.yml", router("two"));
  run.provider.reload();
  CHECK(run.reach([&] { return run.sink.rule() == "two"; }));
  CHECK(run.sink.count == 2);
}

TEST_CASE("a_removed_file_of_a_directory_is_noticed_without_another_event") {
  testing::TempDir dir;
  dir.write("dyn.yml", router("one"));
  Running run({"", dir.path(), true});
  fs::remove(dir.path("dyn.yml"));
  CHECK(run.reach([&] { return run.sink.last.objects.routers.empty(); }));
}

}  // namespace fairlead::providers::file
