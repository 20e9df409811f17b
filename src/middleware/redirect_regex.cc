// redirectRegex: sends clients to a URL made from the one they asked for. Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/redirect.h"
#include "middleware/regex.h"

namespace fairlead::middleware {
namespace {

class RedirectRegex final : public pipeline::Middleware {
 public:
  RedirectRegex(Regex regex, Replacement replacement, Permanence permanence, unsigned status)
      : regex_(std::move(regex)),
        replacement_(std::move(replacement)),
        permanence_(permanence),
        status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    std::string_view url = join_url(x.arena, url_of(x, connection_scheme(x)));
    Replacement::Outcome outcome = replacement_.apply(*regex_, url, x.arena);
    if (!outcome.has_matched || outcome.text == url) return next(x);
    return redirect(x, outcome.text, permanence_, status_);
  }

 private:
  Regex regex_;
  Replacement replacement_;
  Permanence permanence_;
  unsigned status_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::string pattern;
  std::string text;
  bool is_permanent = false;
  options.read("regex", pattern);
  options.read("replacement", text);
  options.read("permanent", is_permanent);
  if (pattern.empty()) options.error("regex", "is required; it is matched against the full URL");
  if (text.empty())
    options.error("replacement", "is required, for instance \"https://example.org/$1\"");
  unsigned status = read_redirect_status(options);
  if (pattern.empty() || text.empty() || options.has_errors()) return nullptr;
  Regex regex = compile_regex(options, "regex", pattern);
  if (!regex) return nullptr;
  Replacement replacement = Replacement::compile(options, "replacement", text, *regex);
  return std::make_unique<RedirectRegex>(
      std::move(regex), std::move(replacement),
      is_permanent ? Permanence::permanent : Permanence::temporary, status);
}

}  // namespace

const MiddlewareType types::redirect_regex{"redirectRegex", make};

}  // namespace fairlead::middleware
