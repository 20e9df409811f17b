#include "routing/matchers/pattern.h"

#include <re2/re2.h>

#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

// Bounds the program and, while matching, its cache of states; beyond that RE2 falls back to a
// slower, still linear way.
constexpr int64_t kMaxPatternBytes = 1 << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::expected<Pattern, std::string> Pattern::compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternBytes);
  auto regexp = std::make_unique<const re2::RE2>(piece(expression), options);
  if (!regexp->ok()) {
    return std::unexpected("invalid regular expression " + quote_literal(expression) + ": " +
                           regexp->error());
  }
  return Pattern(std::move(regexp));
}

Pattern::Pattern(std::unique_ptr<const re2::RE2> regexp) : regexp_(std::move(regexp)) {}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

bool Pattern::is_found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *regexp_);
}

}  // namespace fairlead::routing::matchers
