#include "middleware/chain.h"

#include "middleware/middleware_type.h"

namespace fairlead::middleware {
namespace {

class Chain final : public pipeline::Edit {
 public:
  bool edits_responses() const override { return false; }
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::vector<std::string> names;
  options.read("middlewares", names);
  if (names.empty()) {
    options.error("middlewares", "needs at least one name");
    return nullptr;
  }
  return std::make_unique<Chain>();
}

}  // namespace

std::vector<std::string> chain_members(const config::Node& options) {
  config::Diagnostics ignored;
  config::Reader reader(&options, {}, {}, {}, ignored);
  std::vector<std::string> names;
  reader.read("middlewares", names);
  return names;
}

const MiddlewareType types::chain{"chain", make};

}  // namespace fairlead::middleware
