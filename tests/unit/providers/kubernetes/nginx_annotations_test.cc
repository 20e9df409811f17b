#include "providers/kubernetes/nginx_annotations.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

namespace fairlead::providers::kubernetes {
namespace {

constexpr const char* kMark = "<!-- annotations -->\n";

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("the_page_of_annotations_is_what_the_registry_says") {
  std::string path = std::string(FAIRLEAD_GOLDEN_DIR) + "/../../docs/kubernetes-annotations.md";
  std::string page = file_text(path);
  size_t mark = page.find(kMark);
  REQUIRE(mark != page.npos);
  std::string wanted = page.substr(0, mark) + kMark + nginx_annotations_page();
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE") != nullptr) {
    std::ofstream(path, std::ios::binary) << wanted;
    return;
  }
  CHECK(page == wanted);
}

TEST_CASE("every_annotation_stands_in_one_row") {
  std::set<std::string_view> keys;
  for (const NginxAnnotation& row : nginx_annotations()) CHECK(keys.insert(row.key).second);
  CHECK(keys.size() >= 136);
}

TEST_CASE("sizes_are_read_as_nginx_does") {
  CHECK(parse_size("8k") == 8192);
  CHECK(parse_size("1M") == 1 << 20);
  CHECK(parse_size("2g") == int64_t{2} << 30);
  CHECK(parse_size("17") == 17);
  CHECK_FALSE(parse_size("k"));
  CHECK_FALSE(parse_size("-1"));
  CHECK_FALSE(parse_size("1x"));
  CHECK_FALSE(parse_size(""));
}

TEST_CASE("values_that_break_their_rule_keep_the_ingress_out") {
  struct Row {
    const char* key;
    const char* value;
    bool is_good;
  };
  const Row rows[] = {{"ssl-redirect", "True", true},
                      {"ssl-redirect", "yes", false},
                      {"limit-rps", "-1", false},
                      {"proxy-body-size", "8m", true},
                      {"proxy-body-size", "8 apples", false},
                      {"whitelist-source-range", "10.0.0.0/8, ::1", true},
                      {"whitelist-source-range", "10.0.0.0/33", false},
                      {"app-root", "start", false},
                      {"permanent-redirect", "ftp://x", false},
                      {"canary-by-header-pattern", "a(", false},
                      {"auth-realm", "  ", false},
                      {"proxy-ssl-verify", "true", false},
                      {"upstream-vhost", "a\rb", false},
                      {"unheard-of", "x", true}};
  for (const Row& row : rows) {
    CAPTURE(row.key);
    CAPTURE(row.value);
    Annotations annotations{{std::string(kNginxPrefix) + row.key, row.value}};
    Findings findings;
    CHECK(NginxAnnotations(annotations).check(findings) == row.is_good);
  }
}

TEST_CASE("aliases_mean_their_newer_name") {
  Annotations annotations{{std::string(kNginxPrefix) + "whitelist-source-range", "10.0.0.0/8"}};
  CHECK(NginxAnnotations(annotations).text("allowlist-source-range") == "10.0.0.0/8");
}

}  // namespace
}  // namespace fairlead::providers::kubernetes
