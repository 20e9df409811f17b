// addPrefix: puts a prefix before the path. Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/path.h"

namespace fairlead::middleware {
namespace {

class AddPrefix final : public pipeline::Edit {
 public:
  explicit AddPrefix(std::string prefix) : prefix_(std::move(prefix)) {}

  void on_request(pipeline::Exchange& x) const override {
    if (has_path(x)) set_path(x, x.arena.join(prefix_, x.request.path));
  }
  bool edits_responses() const override { return false; }

 private:
  std::string prefix_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::string prefix;
  options.read("prefix", prefix);
  if (prefix.empty()) {
    options.error("prefix", "is required, for instance \"/api\"");
    return nullptr;
  }
  std::optional<std::string> escaped = escaped_path(prefix);
  if (!escaped) {
    options.error("prefix",
                  "holds a \"%\" that begins no escape; write %25 for the character itself");
    return nullptr;
  }
  return std::make_unique<AddPrefix>(std::move(*escaped));
}

}  // namespace

const MiddlewareType types::add_prefix{"addPrefix", make};

}  // namespace fairlead::middleware
