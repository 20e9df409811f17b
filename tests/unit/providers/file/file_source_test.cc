#include "providers/file/file_source.h"

#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/temp_dir.h"

namespace fairlead::providers::file {
namespace {

namespace fs = std::filesystem;

std::string router(const std::string& name, const std::string& rule) {
  return "http: {routers: {" + name + ": {rule: \"" + rule + "\", service: s}}}\n";
}

// A source on files of its own, with a clock that moves by hand.
class Files {
 public:
  explicit Files(const std::string& single = "")
      : source(single.empty() ? FileSettings{"", dir.path(), true}
                              : FileSettings{dir.path(single), "", true}) {}

  FileSource::Look look(FileSource::Trust trust = FileSource::Trust::usual) {
    source.survey();
    return source.refresh(now, trust);
  }
  // "web=rule web2=rule"
  std::string routers() const {
    std::string out;
    for (const auto& [name, spec] : source.fragment().objects.routers) {
      out += (out.empty() ? "" : " ") + name + "=" + spec.rule;
    }
    return out;
  }
  std::string faults() const {
    std::string out;
    for (const config::Diagnostic& one : source.fragment().diagnostics) {
      std::string text = one.text();
      for (size_t at; (at = text.find(dir.path() + "/")) != std::string::npos;) {
        text.erase(at, dir.path().size() + 1);
      }
      out += text + "\n";
    }
    return out;
  }

  testing::TempDir dir;
  FileSource::Time now{std::chrono::hours(1)};
  FileSource source;
};

}  // namespace

TEST_CASE("reads_one_file_and_notices_changes") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "web=a");
  CHECK_FALSE(files.look().has_changed);
  files.dir.write("dyn.yml", router("web", "bb"));
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "web=bb");
  CHECK(files.faults() == "");
}

TEST_CASE("rewriting_the_same_text_is_no_change") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  files.look();
  files.dir.write("dyn.yml.new", router("web", "a"));
  fs::rename(files.dir.path("dyn.yml.new"), files.dir.path("dyn.yml"));
  CHECK_FALSE(files.look().has_changed);
}

TEST_CASE("a_broken_file_keeps_what_it_said_and_costs_only_itself") {
  Files files;
  files.dir.write("a.yml", router("a", "1"));
  files.dir.write("b.yml", router("b", "1"));
  files.look();
  files.dir.write("a.yml", "http: {routers: {a: {rule: \"2\"");
  files.dir.write("b.yml", router("b", "22"));
  FileSource::Look look = files.look();
  CHECK(look.has_changed);
  CHECK(look.wants_another_look);
  CHECK(files.routers() == "a=1 b=22");
  CHECK(files.faults().starts_with("error: file:a.yml: line "));
  CHECK(files.faults().contains("what it said before goes on"));
  CHECK_FALSE(files.look().wants_another_look);  // nothing new to learn
  files.dir.write("a.yml", router("a", "3"));
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "a=3 b=22");
  CHECK(files.faults() == "");
}

TEST_CASE("a_file_broken_from_the_start_is_only_a_diagnostic") {
  Files files;
  files.dir.write("a.toml", "[http.routers.a\n");
  files.dir.write("b.json", "{\"http\":{\"routers\":{\"b\":{\"rule\":\"1\"}}}}");
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "b=1");
  CHECK(files.faults().starts_with("error: file:a.toml: "));
  CHECK(files.source.has_any());
}

TEST_CASE("an_emptied_file_is_believed_after_a_second") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  files.look();
  files.dir.write("dyn.yml", "\n");
  FileSource::Look look = files.look();
  CHECK_FALSE(look.has_changed);
  CHECK(look.wants_another_look);
  CHECK(files.routers() == "web=a");
  files.now += FileSource::kDoubt;
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "");
}

TEST_CASE("a_file_written_again_within_the_doubt_never_was_empty") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  files.look();
  files.dir.write("dyn.yml", "");
  files.look();
  files.dir.write("dyn.yml", router("web", "b"));
  files.now += std::chrono::milliseconds{10};
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "web=b");
  files.dir.write("dyn.yml", "");
  files.now += FileSource::kDoubt;
  CHECK_FALSE(files.look().has_changed);  // doubt starts anew
}

TEST_CASE("a_single_file_that_is_gone_goes_on_with_an_error") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  files.look();
  fs::remove(files.dir.path("dyn.yml"));
  CHECK(files.look().wants_another_look);
  CHECK(files.faults() == "");
  files.now += FileSource::kDoubt;
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "web=a");
  CHECK(files.faults() ==
        "error: file:dyn.yml: cannot be read: No such file or directory; what it said before goes "
        "on until it is mended\n");
  files.dir.write("dyn.yml", router("web", "a"));
  CHECK(files.look().has_changed);
  CHECK(files.faults() == "");
}

TEST_CASE("a_file_removed_from_a_directory_takes_its_objects_with_it") {
  Files files;
  files.dir.write("a.yml", router("a", "1"));
  files.dir.write("b.yml", router("b", "1"));
  files.look();
  fs::remove(files.dir.path("a.yml"));
  CHECK_FALSE(files.look().has_changed);
  files.now += FileSource::kDoubt;
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "b=1");
}

TEST_CASE("a_directory_that_is_gone_removes_nothing") {
  Files files;
  fs::create_directories(files.dir.path("sub"));
  FileSource source(FileSettings{"", files.dir.path("sub"), true});
  files.dir.write("sub/a.yml", router("a", "1"));
  source.survey();
  source.refresh(files.now);
  fs::remove_all(files.dir.path("sub"));
  for (int i = 0; i < 3; ++i) {
    files.now += FileSource::kDoubt;
    source.survey();
    source.refresh(files.now);
  }
  CHECK(source.fragment().objects.routers.size() == 1);
  CHECK(config::has_errors(source.fragment().diagnostics));
}

TEST_CASE("the_first_file_that_defines_a_name_wins") {
  Files files;
  files.dir.write("a.yml", router("web", "first"));
  files.dir.write("b.yml", router("web", "second"));
  files.look();
  CHECK(files.routers() == "web=first");
  CHECK(files.faults() ==
        "error: file:b.yml: router web: is also defined in a.yml, which comes first and counts\n");
}

TEST_CASE("a_link_swapped_to_another_directory_is_read_again") {
  Files files("current/dyn.yml");
  for (const char* version : {"v1", "v2"}) {
    fs::create_directories(files.dir.path(version));
    files.dir.write(std::string(version) + "/dyn.yml", router("web", version));
  }
  fs::create_directory_symlink("v1", files.dir.path("current"));
  files.look();
  CHECK(files.routers() == "web=v1");
  fs::create_directory_symlink("v2", files.dir.path("next"));
  fs::rename(files.dir.path("next"), files.dir.path("current"));
  CHECK(files.look().has_changed);
  CHECK(files.routers() == "web=v2");
}

TEST_CASE("templates_are_rendered_and_refused_by_file_and_line") {
  Files files;
  ::setenv("FAIRLEAD_FILE_SOURCE_TEST", "from-env", 1);
  files.dir.write("a.yml", router("a", "{{ env `FAIRLEAD_FILE_SOURCE_TEST` }}"));
  files.dir.write("b.yml", "x-a: 1\n{{ range .Things }}\n");
  files.look();
  CHECK(files.routers() == "a=from-env");
  CHECK(files.faults().starts_with("error: file:b.yml:2: the template action {{ range .Things }}"));
  ::setenv("FAIRLEAD_FILE_SOURCE_TEST", "other", 1);
  CHECK_FALSE(files.look().has_changed);
  CHECK(files.look(FileSource::Trust::reread_all).has_changed);
  CHECK(files.routers() == "a=other");
  ::unsetenv("FAIRLEAD_FILE_SOURCE_TEST");
}

TEST_CASE("reading_again_on_request_believes_an_emptied_file_at_once") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml", router("web", "a"));
  files.look();
  files.dir.write("dyn.yml", "");
  CHECK(files.look(FileSource::Trust::reread_all).has_changed);
  CHECK(files.routers() == "");
}

TEST_CASE("a_pipe_or_a_directory_with_a_files_name_is_refused_without_waiting") {
  Files files;
  REQUIRE(::mkfifo(files.dir.path("pipe.yml").c_str(), 0600) == 0);
  fs::create_directories(files.dir.path("dir.yml"));
  files.look();
  CHECK(files.faults().contains("pipe.yml: cannot be read"));
  FileSource source(FileSettings{files.dir.path("dir.yml"), "", true});
  source.survey();
  source.refresh(files.now);
  CHECK(config::has_errors(source.fragment().diagnostics));
}

TEST_CASE("element_faults_name_the_file_and_leave_the_rest") {
  Files files("dyn.yml");
  files.dir.write("dyn.yml",
                  "http:\n  routers:\n    good: {rule: x}\n    bad: {rule: x, priority: high}\n");
  files.look();
  CHECK(files.routers() == "good=x");
  CHECK(files.faults().contains("file:dyn.yml: router bad: http.routers.bad.priority"));
  CHECK(files.faults().contains("(line 4)"));
}

}  // namespace fairlead::providers::file
