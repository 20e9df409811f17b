// replacePathRegex: rewrites the path by an expression; the old one goes into X-Replaced-Path, the
// query stays. Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/path.h"
#include "middleware/regex.h"

namespace fairlead::middleware {
namespace {

class ReplacePathRegex final : public pipeline::Edit {
 public:
  ReplacePathRegex(Regex regex, Replacement replacement)
      : regex_(std::move(regex)), replacement_(std::move(replacement)) {}

  void on_request(pipeline::Exchange& x) const override {
    Replacement::Outcome outcome = replacement_.apply(*regex_, x.request.path, x.arena);
    if (!outcome.has_matched) return;
    x.request.headers.add(http::FieldId::x_replaced_path, x.request.path);
    set_path(x, outcome.text);
  }
  bool edits_responses() const override { return false; }

 private:
  Regex regex_;
  Replacement replacement_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::string pattern;
  std::string text;
  options.read("regex", pattern);
  options.read("replacement", text);
  if (pattern.empty()) options.error("regex", "is required, for instance \"^/old/(.*)\"");
  if (text.empty()) options.error("replacement", "is required, for instance \"/new/$1\"");
  if (pattern.empty() || text.empty()) return nullptr;
  Regex regex = compile_regex(options, "regex", pattern);
  if (!regex) return nullptr;
  Replacement replacement = Replacement::compile(options, "replacement", text, *regex);
  return std::make_unique<ReplacePathRegex>(std::move(regex), std::move(replacement));
}

}  // namespace

const MiddlewareType types::replace_path_regex{"replacePathRegex", make};

}  // namespace fairlead::middleware
