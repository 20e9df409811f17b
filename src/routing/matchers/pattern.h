// A regular expression of a rule: RE2, so matching takes linear time whatever the pattern and the
// request say. Bounded memory. Immutable, any thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace fairlead::routing::matchers {

class Pattern {
 public:
  // Or what is wrong with the expression, for people.
  static std::expected<Pattern, std::string> compile(std::string_view expression);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // Whether it matches anywhere in the text (unanchored).
  bool is_found_in(std::string_view text) const;

 private:
  explicit Pattern(std::unique_ptr<const re2::RE2> regexp);
  std::unique_ptr<const re2::RE2> regexp_;
};

}  // namespace fairlead::routing::matchers
