// A label's key as steps: "traefik.http.routers.web.tls.domains[0].main" without its prefix. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::providers::docker {

struct LabelStep {
  std::string name;             // as written
  std::optional<size_t> index;  // "[3]" after the name
  bool operator==(const LabelStep&) const = default;
};

using LabelPath = std::vector<LabelStep>;

inline constexpr size_t kMaxLabelSteps = 24;
inline constexpr size_t kMaxLabelIndex = 255;  // a longer list of objects in labels is a slip

// nullopt with a reason ("has an empty element …").
std::optional<LabelPath> parse_label_path(std::string_view text, std::string& why);
// The steps from `from` on, joined by dots.
std::string join_label_path(const LabelPath& path, size_t from = 0);
std::string lower_case(std::string_view text);

}  // namespace fairlead::providers::docker
