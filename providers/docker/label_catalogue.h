// The labels that exist, what their values look like, and which one a misspelt label was probably
// meant to be. Built once from label_catalogue.inc; immutable afterwards, any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/docker/label_path.h"

namespace fairlead::providers::docker {

enum class LabelKind : uint8_t {
  none,  // not a setting by itself, such as "http.routers.web"
  text,
  boolean,
  integer,
  duration,
  list,
  object,
  any,
};

struct LabelVerdict {
  bool is_known = false;
  LabelKind kind = LabelKind::none;
  std::string
      suggestion;  // of an unknown one: the whole path, without the prefix; "" when nothing is near
  size_t wrong_step = 0;  // of an unknown one: the first step that is not known
};

class LabelCatalogue {
 public:
  static const LabelCatalogue& standard();

  LabelVerdict look_up(const LabelPath& path) const;

 private:
  struct Branch;
  using Tokens = std::vector<std::string>;  // of one pattern: "http", "routers", "<r>", "rule"

  LabelCatalogue();
  void add(std::string_view pattern, LabelKind kind);
  std::string suggest(const Branch& at, const LabelPath& path, size_t from) const;
  std::string suggest_by_end(const Branch& at, const LabelPath& path, size_t from,
                             size_t prefix) const;

  std::shared_ptr<Branch> root_;
};

}  // namespace fairlead::providers::docker
