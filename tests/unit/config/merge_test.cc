#include "config/merge.h"

#include <doctest/doctest.h>

#include "config/references.h"
#include "support/config_case.h"
#include "support/golden.h"

namespace fairlead::config {

TEST_CASE("merges_as_the_golden_files_say") {
  testing::check_golden_folder("merge", [](const std::string& input) {
    return testing::text_of(testing::read_config_case(input).merged());
  });
}

TEST_CASE("merging_does_not_depend_on_the_order_of_fragments") {
  Fragment docker{"docker", {}, {}}, file{"file", {}, {}};
  docker.objects.routers["a"].rule = "Host(`a`)";
  docker.objects.tls_options["default"].options = Node::map();
  file.objects.routers["a"].rule = "Host(`b`)";
  file.objects.tls_options["default"].options.at("sniStrict") = Node::text("true");
  std::vector<const Fragment*> forwards{&docker, &file}, backwards{&file, &docker};
  DynamicConfig one = merge(forwards, {}), other = merge(backwards, {});
  CHECK(one.objects == other.objects);
  CHECK(one.diagnostics == other.diagnostics);
  CHECK(one.objects.tls_options.at("default").options.members.empty());
}

TEST_CASE("canonical_type_gives_middlewares_the_spelling_of_the_registry") {
  Fragment docker{"docker", {}, {}};
  docker.objects.middlewares["strip"] = {"stripprefix", Node::map()};
  MergeSettings settings;
  settings.canonical_type = [](std::string_view) { return std::string("stripPrefix"); };
  std::vector<const Fragment*> fragments{&docker};
  CHECK(merge(fragments, settings).objects.middlewares.at("strip@docker").type == "stripPrefix");
}

TEST_CASE("routers_are_tried_by_priority_then_provider_then_name") {
  using Entry = std::pair<const std::string, RouterSpec>;
  auto entry = [](std::string name, std::string rule, int64_t priority) {
    Entry out{std::move(name), {}};
    out.second.rule = std::move(rule);
    out.second.priority = priority;
    return out;
  };
  Precedence usual({}), file_first({"file"});
  CHECK(is_tried_before(entry("a@file", "Host(`longer.example`)", 0),
                        entry("b@docker", "Host(`x`)", 0), usual));
  CHECK(is_tried_before(entry("a@file", "x", 1000), entry("b@docker", "Host(`x`)", 0), usual));
  CHECK(is_tried_before(entry("b@docker", "same", 0), entry("a@file", "same", 0), usual));
  CHECK(is_tried_before(entry("a@file", "same", 0), entry("b@docker", "same", 0), file_first));
  CHECK(is_tried_before(entry("a@docker", "same", 0), entry("b@docker", "same", 0), usual));
  CHECK(is_tried_before(entry("a@docker", "same", 0), entry("b@unlisted", "same", 0), usual));
  CHECK_FALSE(is_tried_before(entry("a@file", "Host(`longer.example`)", -1),
                              entry("b@file", "x", 0), usual));
}

TEST_CASE("names_are_qualified_once") {
  CHECK(qualify("web", "docker") == "web@docker");
  CHECK(qualify("web@file", "docker") == "web@file");
  CHECK(provider_of("web@file") == "file");
  CHECK(provider_of("web") == "");
}

}  // namespace fairlead::config
