// encodedCharacters: refuses paths with escapes that upstreams are known to read in different ways.
// The router's own version of the entry point's option; everything is refused unless allowed.
// Immutable, all workers.
#include "middleware/middleware_type.h"

namespace fairlead::middleware {
namespace {

struct Escape {
  std::string_view key;
  std::string_view text;  // of the path, whose escapes are upper case
};

constexpr Escape kEscapes[] = {
    {"allowEncodedSlash", "%2F"},         {"allowEncodedBackSlash", "%5C"},
    {"allowEncodedNullCharacter", "%00"}, {"allowEncodedSemicolon", "%3B"},
    {"allowEncodedPercent", "%25"},       {"allowEncodedQuestionMark", "%3F"},
    {"allowEncodedHash", "%23"},
};

class EncodedCharacters final : public pipeline::Middleware {
 public:
  explicit EncodedCharacters(std::vector<std::string_view> refused)
      : refused_(std::move(refused)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    std::string_view path = x.request.path;
    for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
      for (std::string_view escape : refused_) {
        if (http::equals_ignore_case(path.substr(at, 3), escape)) return x.reply_with_reason(400);
      }
    }
    return next(x);
  }

 private:
  std::vector<std::string_view> refused_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::vector<std::string_view> refused;
  for (const Escape& escape : kEscapes) {
    bool is_allowed = false;
    options.read(escape.key, is_allowed);
    if (!is_allowed) refused.push_back(escape.text);
  }
  return std::make_unique<EncodedCharacters>(std::move(refused));
}

}  // namespace

const MiddlewareType types::encoded_characters{"encodedCharacters", make};

}  // namespace fairlead::middleware
