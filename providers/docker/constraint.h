// Which containers are served at all: Label(`key`,`value`) and LabelRegex(`key`,`re`) joined by &&
// || ! and brackets. A label that is missing counts as "". Compiled once, immutable; any thread.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::providers::docker {

class Constraint {
 public:
  // "" lets everything pass. The unexpected value says what is wrong and where, for people.
  static std::expected<Constraint, std::string> compile(std::string_view text);
  bool admits(const std::map<std::string, std::string>& labels) const;

  struct Term;

 private:
  explicit Constraint(std::shared_ptr<const Term> root) : root_(std::move(root)) {}
  std::shared_ptr<const Term> root_;  // null: everything
};

}  // namespace fairlead::providers::docker
