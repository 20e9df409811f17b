// stripPrefix: takes the first prefix that fits off the path and says so in X-Forwarded-Prefix.
// Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/path.h"

namespace fairlead::middleware {
namespace {

class StripPrefix final : public pipeline::Middleware {
 public:
  // Escaped, as they look in a request's path.
  explicit StripPrefix(std::vector<std::string> prefixes) : prefixes_(std::move(prefixes)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    for (const std::string& prefix : prefixes_) {
      if (!x.request.path.starts_with(prefix)) continue;
      if (!strip_path(x, prefix.size())) return x.reply_with_reason(400);
      x.request.headers.add(http::FieldId::x_forwarded_prefix, prefix);
      break;
    }
    return next(x);
  }

 private:
  std::vector<std::string> prefixes_;
};

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::vector<std::string> texts;
  std::vector<std::string> prefixes;
  options.read("prefixes", texts);
  options.deprecate("forceSlash", "remove it: the path left over always starts with a slash");
  for (const std::string& text : texts) {
    std::optional<std::string> escaped = escaped_path(trimmed(text));
    if (!escaped || escaped->empty()) {
      options.error(
          "prefixes",
          "\"" + text + "\" is not part of a path; write it like \"/api\", and %25 for \"%\"");
      continue;
    }
    prefixes.push_back(std::move(*escaped));
  }
  if (prefixes.empty()) {
    if (!options.has_errors())
      options.error("prefixes", "needs at least one prefix, for instance \"/api\"");
    return nullptr;
  }
  return std::make_unique<StripPrefix>(std::move(prefixes));
}

}  // namespace

const MiddlewareType types::strip_prefix{"stripPrefix", make};

}  // namespace fairlead::middleware
