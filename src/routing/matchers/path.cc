// Path(`/ping`): the whole path, byte for byte.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class Path final : public Predicate {
 public:
  explicit Path(std::string path) : path_(std::move(path)) {}

  bool matches(const MatchContext& context) const override { return context.path == path_; }
  std::string text() const override { return call_text("Path", {&path_, 1}); }

 private:
  std::string path_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  const std::string& path = arguments[0];
  if (!path.starts_with('/'))
    return std::unexpected("Path " + quote_literal(path) + " must start with /");
  return Matcher{std::make_unique<Path>(path), {IndexHint::Kind::exact_path, path}};
}

}  // namespace

extern const MatcherType path;
const MatcherType path{"Path", 1, 1, make};

}  // namespace fairlead::routing::matchers
