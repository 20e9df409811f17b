// Regular expressions of the configuration (RE2, Go's syntax) and replacement templates with Go's
// rules: $1, ${1}, $name, ${name}, $$. Compiled on the control thread; immutable and usable from
// any thread afterwards.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "base/arena.h"
#include "config/reader.h"

namespace fairlead::middleware {

using Regex = std::unique_ptr<const re2::RE2>;

// Reports RE2's complaint under `key` and returns null when the pattern is malformed.
Regex compile_regex(config::Reader& options, std::string_view key, std::string_view pattern);
// Every element of a list; malformed ones are reported and left out.
std::vector<Regex> read_regexes(config::Reader& options, std::string_view key);

class Replacement {
 public:
  // Warns about groups that the expression does not have: they stand for nothing. "$1x" is the
  // group named "1x".
  static Replacement compile(config::Reader& options, std::string_view key, std::string_view text,
                             const re2::RE2& regex);

  // `text` with every match replaced, in the arena; the same view when nothing matches.
  struct Outcome {
    std::string_view text;
    bool has_matched = false;
  };
  Outcome apply(const re2::RE2& regex, std::string_view text, Arena& arena) const;

 private:
  struct Part {
    std::string literal;
    int group = -1;  // when not negative, instead of the literal
  };
  std::vector<Part> parts_;
  int groups_ = 1;  // how many submatches the parts need, the whole match included
};

}  // namespace fairlead::middleware
