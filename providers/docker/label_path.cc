#include "providers/docker/label_path.h"

#include <charconv>

namespace fairlead::providers::docker {

namespace {

std::optional<LabelStep> parse_step(std::string_view text, std::string& why) {
  size_t bracket = text.find('[');
  LabelStep step{std::string(text.substr(0, bracket)), std::nullopt};
  if (bracket == text.npos) return step;
  std::string_view digits = text.substr(bracket + 1);
  bool is_closed = digits.ends_with(']');
  if (is_closed) digits.remove_suffix(1);
  size_t index = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  bool is_number = error == std::errc() && end == digits.data() + digits.size();
  if (step.name.empty() || !is_closed || !is_number) {
    why = "\"" + std::string(text) + "\" is no list element; write name[0], name[1] and so on";
    return std::nullopt;
  }
  if (index > kMaxLabelIndex) {
    why = "list elements go from [0] to [" + std::to_string(kMaxLabelIndex) + "]";
    return std::nullopt;
  }
  step.index = index;
  return step;
}

}  // namespace

std::optional<LabelPath> parse_label_path(std::string_view text, std::string& why) {
  LabelPath path;
  while (true) {
    size_t dot = text.find('.');
    std::string_view part = text.substr(0, dot);
    if (part.empty()) {
      why = "has an empty element; remove the extra dot";
      return std::nullopt;
    }
    if (path.size() == kMaxLabelSteps) {
      why = "has more than " + std::to_string(kMaxLabelSteps) + " elements";
      return std::nullopt;
    }
    auto step = parse_step(part, why);
    if (!step) return std::nullopt;
    path.push_back(std::move(*step));
    if (dot == text.npos) return path;
    text.remove_prefix(dot + 1);
  }
}

std::string join_label_path(const LabelPath& path, size_t from) {
  std::string text;
  for (size_t i = from; i < path.size(); ++i) {
    if (i != from) text += '.';
    text += path[i].name;
    if (path[i].index) text += "[" + std::to_string(*path[i].index) + "]";
  }
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace fairlead::providers::docker
