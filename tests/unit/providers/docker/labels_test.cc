// What golden files do not show: every label of the catalogue is accepted, and found again when
// misspelt.
#include "providers/docker/labels.h"

#include <vector>

#include <doctest/doctest.h>

#include "providers/docker/label_catalogue.h"
#include "providers/docker/own_container.h"

namespace fairlead::providers::docker {
namespace {

struct Known {
  std::string path;  // with names in place of placeholders
  LabelKind kind;
};

std::vector<Known> all_labels() {
  std::vector<Known> labels;
  auto add = [&](std::string pattern, LabelKind kind) {
    for (size_t at = pattern.find('<'); at != pattern.npos; at = pattern.find('<')) {
      pattern.replace(at, pattern.find('>') - at + 1, "name1");
    }
    for (size_t at = pattern.find("[n]"); at != pattern.npos; at = pattern.find("[n]")) {
      pattern.replace(at, 3, "[0]");
    }
    labels.push_back({pattern, kind});
  };
#define FAIRLEAD_LABEL(pattern, kind) add(pattern, LabelKind::kind);
#include "providers/docker/label_catalogue.inc"
#undef FAIRLEAD_LABEL
  return labels;
}

std::string good_value(LabelKind kind) {
  switch (kind) {
    case LabelKind::boolean:
    case LabelKind::object:
      return "true";
    case LabelKind::integer:
      return "1";
    case LabelKind::duration:
      return "1s";
    default:
      return "x";
  }
}

}  // namespace

TEST_CASE("every_label_of_the_catalogue_is_known_in_any_case") {
  for (const Known& known : all_labels()) {
    CAPTURE(known.path);
    std::string why;
    auto path = parse_label_path(known.path, why);
    REQUIRE(path);
    LabelVerdict verdict = LabelCatalogue::standard().look_up(*path);
    CHECK(verdict.is_known);
    CHECK(verdict.kind == known.kind);
    for (LabelStep& step : *path) {
      for (char& c : step.name) c = static_cast<char>(std::toupper(c));
    }
    CHECK(LabelCatalogue::standard().look_up(*path).is_known);
  }
}

TEST_CASE("a_slip_in_the_last_word_is_traced_back_to_the_label") {
  size_t tried = 0;
  for (const Known& known : all_labels()) {
    size_t dot = known.path.rfind('.');
    std::string last = known.path.substr(dot + 1);
    if (last == "name1" || last.size() < 6 || known.kind == LabelKind::any) continue;
    std::string slip = known.path.substr(0, dot + 1) + last;
    std::swap(slip[slip.size() - 2], slip[slip.size() - 1]);
    if (slip == known.path) continue;
    CAPTURE(slip);
    std::string why;
    LabelVerdict verdict = LabelCatalogue::standard().look_up(*parse_label_path(slip, why));
    CHECK_FALSE(verdict.is_known);
    CHECK(verdict.suggestion == known.path);
    ++tried;
  }
  CHECK(tried > 150);
}

TEST_CASE("a_label_alone_is_read_without_complaint_about_itself") {
  for (const Known& known : all_labels()) {
    if (known.path.find("lbswarm") != std::string::npos) continue;
    CAPTURE(known.path);
    ContainerLabels labels =
        read_labels({{"traefik." + known.path, good_value(known.kind)}}, "container c");
    for (const auto& diagnostic : labels.diagnostics) {
      CHECK_MESSAGE(diagnostic.message.find("unknown") == std::string::npos, diagnostic.text());
    }
  }
}

TEST_CASE("own_container_is_read_from_the_mounts") {
  std::string id(64, 'a');
  CHECK(container_id_in("1 2 0:3 /var/lib/docker/containers/" + id +
                        "/hostname /etc/hostname rw - ext4 /dev/x rw\n") == id);
  CHECK(container_id_in("1 2 0:3 /x/overlay-containers/" + id +
                        "/userdata/hostname /etc/hostname rw\n") == id);
  // The mounts of other containers, seen on a host.
  CHECK(container_id_in("1 2 0:3 / /var/lib/docker/containers/" + id + "/mounts/shm rw\n") == "");
  CHECK(container_id_in("containers/abc/hostname /etc/hostname") == "");
  CHECK(container_id_in("containers/") == "");
  CHECK(container_id_in("") == "");
}

}  // namespace fairlead::providers::docker
