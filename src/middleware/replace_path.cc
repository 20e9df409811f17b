// replacePath: sets the path; the old one goes into X-Replaced-Path, the query stays. Immutable,
// all workers.
#include "middleware/middleware_type.h"
#include "middleware/path.h"

namespace fairlead::middleware {
namespace {

class ReplacePath final : public pipeline::Edit {
 public:
  explicit ReplacePath(std::string path) : path_(std::move(path)) {}

  void on_request(pipeline::Exchange& x) const override {
    const http::RequestHead& request = x.request;
    std::string_view old =
        request.has_query ? x.arena.join(request.path, "?", request.query) : request.path;
    x.request.headers.add(http::FieldId::x_replaced_path, old);
    set_path(x, path_);
  }
  bool edits_responses() const override { return false; }

 private:
  std::string path_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::string path;
  options.read("path", path);
  if (path.empty()) {
    options.error("path", "is required, for instance \"/healthz\"");
    return nullptr;
  }
  std::optional<std::string> escaped = escaped_path(path);
  if (!escaped) {
    options.error("path",
                  "holds a \"%\" that begins no escape; write %25 for the character itself");
    return nullptr;
  }
  return std::make_unique<ReplacePath>(std::move(*escaped));
}

}  // namespace

const MiddlewareType types::replace_path{"replacePath", make};

}  // namespace fairlead::middleware
