#include "config/flags.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "config/static_options.h"

namespace fairlead::config {
namespace {

using Kind = Option::Kind;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

struct Target {
  std::string path;                // with the documented spelling
  const Option* option = nullptr;  // null below raw sections and maps
  bool is_list_element = false;
  std::string fault;  // not empty: no such option
};

std::string unknown(const Option& parent, std::string_view key) {
  std::vector<std::string_view> names;
  for (const Option& child : parent.children) names.push_back(child.key);
  std::string_view near = nearest(key, names);
  std::string out = "there is no option \"" + std::string(key) + "\" here";
  return near.empty() ? out : out + "; did you mean \"" + std::string(near) + "\"?";
}

// Follows a dotted path through the options.
class Walker {
 public:
  Target walk(std::string_view path) {
    while (!path.empty() && target_.fault.empty()) {
      if (!here_) {
        target_.path += "." + std::string(path);
        break;
      }
      size_t end = std::min(path.find_first_of(".["), path.size());
      if (here_->kind == Kind::map) end = path.size();
      step(path.substr(0, end));
      path.remove_prefix(end);
      while (path.starts_with('[') && target_.fault.empty()) take_index(path);
      if (path.starts_with('.')) path.remove_prefix(1);
    }
    target_.option = here_;
    return std::move(target_);
  }

 private:
  void step(std::string_view key) {
    if (key.empty()) {
      target_.fault = "a name is missing between two dots";
      return;
    }
    const Option* next = here_->child(key);
    bool is_free = here_->kind == Kind::raw || here_->kind == Kind::map;
    if (!next && !is_free) {
      target_.fault = unknown(*here_, key);
      return;
    }
    bool keeps_spelling = is_free || here_->kind == Kind::names;
    target_.path += target_.path.empty() ? "" : ".";
    target_.path += keeps_spelling ? std::string(key) : next->key;
    here_ = next;
  }

  void take_index(std::string_view& path) {
    size_t end = path.find(']');
    bool is_list = !here_ || here_->kind == Kind::items || here_->kind == Kind::list;
    if (end == std::string_view::npos || !is_list) {
      target_.fault = is_list ? "a \"[\" has no \"]\"" : "is not a list";
      return;
    }
    target_.path += path.substr(0, end + 1);
    target_.is_list_element = true;
    if (here_ && here_->kind == Kind::items) here_ = &here_->children.front();
    path.remove_prefix(end + 1);
  }

  const Option* here_ = &static_options();
  Target target_;
};

void add_to_list(Node& list, const std::string& value, const std::string& origin) {
  if (!list.is_list()) list = Node::list();
  list.origin = origin;
  std::string_view rest = value;
  while (!rest.empty()) {
    size_t end = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) list.items.push_back(Node::string(std::string(item), origin));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

class FlagReader {
 public:
  FlagReader(std::span<const std::string> arguments, Diagnostics& diagnostics)
      : arguments_(arguments), diagnostics_(diagnostics) {}

  Flags run() {
    while (next_ < arguments_.size()) {
      const std::string& word = arguments_[next_++];
      if (word == "--") break;
      if (word.size() < 2 || word[0] != '-') {
        flags_.arguments.push_back(word);
      } else {
        read(word);
      }
    }
    flags_.arguments.insert(flags_.arguments.end(), arguments_.begin() + static_cast<long>(next_),
                            arguments_.end());
    return std::move(flags_);
  }

 private:
  void read(const std::string& word) {
    size_t dashes = word.starts_with("--") ? 2 : 1;
    size_t equals = word.find('=');
    std::string key = word.substr(dashes, equals == word.npos ? equals : equals - dashes);
    std::optional<std::string> value;
    if (equals != word.npos) value = word.substr(equals + 1);
    if (lower(key) == "h" || lower(key) == "help") {
      flags_.wants_help = true;
    } else if (lower(key) == "configfile") {
      if (take_value(key, value)) flags_.config_file = *value;
    } else {
      set(key, std::move(value));
    }
  }

  void set(const std::string& key, std::optional<std::string> value) {
    Target target = Walker().walk(key);
    if (!target.fault.empty()) {
      diagnostics_.push_back({Severity::error, "flag --" + key, "", "", std::move(target.fault)});
      return;
    }
    bool is_switch = target.option ? target.option->is_switch() : next_is_flag();
    if (!value && is_switch) value = "true";
    if (!value && !take_value(key, value)) return;
    std::string origin = "flag --" + key;
    Node& node = flags_.tree.at_path(target.path);
    bool is_list = target.option && target.option->kind == Kind::list && !target.is_list_element;
    if (is_list) {
      add_to_list(node, *value, origin);
    } else {
      overlay(node, Node::string(*value, origin));
    }
  }

  bool next_is_flag() const {
    return next_ >= arguments_.size() || arguments_[next_].starts_with('-');
  }

  bool take_value(const std::string& key, std::optional<std::string>& value) {
    bool has_next = next_ < arguments_.size() && !arguments_[next_].starts_with("--");
    if (!value && has_next) value = arguments_[next_++];
    if (value) return true;
    diagnostics_.push_back({Severity::error, "flag --" + key, "", "", "needs a value"});
    return false;
  }

  std::span<const std::string> arguments_;
  Diagnostics& diagnostics_;
  size_t next_ = 0;
  Flags flags_;
};

}  // namespace

Flags read_flags(std::span<const std::string> arguments, Diagnostics& diagnostics) {
  return FlagReader(arguments, diagnostics).run();
}

}  // namespace fairlead::config
