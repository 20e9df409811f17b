// stripPrefixRegex: takes what an expression matches at the start of the path off it and says so in
// X-Forwarded-Prefix. Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/path.h"
#include "middleware/regex.h"

namespace fairlead::middleware {
namespace {

class StripPrefixRegex final : public pipeline::Middleware {
 public:
  explicit StripPrefixRegex(std::vector<Regex> regexes) : regexes_(std::move(regexes)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    std::string_view path = x.request.path;
    for (const Regex& regex : regexes_) {
      re2::StringPiece match;
      bool is_found = regex->Match({path.data(), path.size()}, 0, path.size(),
                                   re2::RE2::ANCHOR_START, &match, 1);
      if (!is_found || match.empty()) continue;
      if (!strip_path(x, match.size())) return x.reply_with_reason(400);
      x.request.headers.add(http::FieldId::x_forwarded_prefix, path.substr(0, match.size()));
      break;
    }
    return next(x);
  }

 private:
  std::vector<Regex> regexes_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::vector<Regex> regexes = read_regexes(options, "regex");
  if (regexes.empty()) {
    if (!options.has_errors())
      options.error("regex", "needs at least one expression, for instance \"/v[0-9]+\"");
    return nullptr;
  }
  return std::make_unique<StripPrefixRegex>(std::move(regexes));
}

}  // namespace

const MiddlewareType types::strip_prefix_regex{"stripPrefixRegex", make};

}  // namespace fairlead::middleware
