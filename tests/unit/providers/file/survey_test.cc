#include "providers/file/survey.h"

#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>

#include "support/temp_dir.h"

namespace fairlead::providers::file {
namespace {

namespace fs = std::filesystem;

bool watches(const Survey& survey, const std::string& directory) {
  return std::ranges::find(survey.directories, directory) != survey.directories.end();
}

}  // namespace

TEST_CASE("finds_configuration_files_in_all_directories_below") {
  testing::TempDir dir;
  fs::create_directories(dir.path("sub/deep"));
  fs::create_directories(dir.path(".git"));
  for (const char* name : {"b.yml", "a.yaml", "c.toml", "sub/d.json", "sub/deep/e.yml", "readme.md",
                           ".hidden.yml", ".git/x.yml", "a.yml~", "a.yml.swp"}) {
    dir.write(name, "");
  }
  Survey survey = survey_directory(dir.path() + "/");
  std::vector<std::string> expected{dir.path("a.yaml"), dir.path("b.yml"), dir.path("c.toml"),
                                    dir.path("sub/d.json"), dir.path("sub/deep/e.yml")};
  CHECK(survey.files == expected);
  CHECK(watches(survey, dir.path()));
  CHECK(watches(survey, dir.path("sub/deep")));
  CHECK_FALSE(watches(survey, dir.path(".git")));
  CHECK(survey.diagnostics.empty());
}

TEST_CASE("watches_every_directory_a_link_leads_through") {
  testing::TempDir dir;
  fs::create_directories(dir.path("mount/..2024"));
  fs::create_directories(dir.path("elsewhere"));
  dir.write("mount/..2024/dyn.yml", "");
  fs::create_directory_symlink("..2024", dir.path("mount/..data"));
  fs::create_symlink("..data/dyn.yml", dir.path("mount/dyn.yml"));
  fs::create_directory_symlink(dir.path("mount"), dir.path("elsewhere/current"));
  Survey one = survey_file(dir.path("elsewhere/current/dyn.yml"));
  CHECK(watches(one, dir.path("elsewhere")));
  CHECK(watches(one, dir.path("mount")));
  CHECK(watches(one, dir.path("mount/..2024")));
  Survey all = survey_directory(dir.path("mount"));
  CHECK(all.files == std::vector<std::string>{dir.path("mount/dyn.yml")});
  CHECK(watches(all, dir.path("mount/..2024")));
}

TEST_CASE("links_in_a_circle_end") {
  testing::TempDir dir;
  fs::create_directories(dir.path("a"));
  fs::create_directory_symlink("..", dir.path("a/up"));
  fs::create_symlink("y.yml", dir.path("x.yml"));
  fs::create_symlink("x.yml", dir.path("y.yml"));
  dir.write("a/one.yml", "");
  Survey survey = survey_directory(dir.path());
  CHECK(std::ranges::count(survey.files, dir.path("a/one.yml")) == 1);
  CHECK(survey.files.size() == 3);  // the two links are listed; reading them will say what is wrong
  CHECK(survey_file(dir.path("x.yml")).files.size() == 1);
}

TEST_CASE("what_does_not_exist_is_awaited_in_the_nearest_directory") {
  testing::TempDir dir;
  CHECK(watches(survey_file(dir.path("not/yet/dyn.yml")), dir.path()));
  Survey survey = survey_directory(dir.path("not/yet"));
  CHECK(watches(survey, dir.path()));
  CHECK(survey.diagnostics.size() == 1);
}

}  // namespace fairlead::providers::file
