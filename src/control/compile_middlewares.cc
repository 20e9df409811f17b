// The part of the Compiler that makes middlewares and strings them into chains.
#include "config/reader.h"
#include "config/references.h"
#include "control/compiler.h"
#include "middleware/chain.h"
#include "middleware/middleware_type.h"

namespace fairlead::control {
namespace {

constexpr unsigned kMaxChainDepth = 16;  // validation has refused loops; this is a belt

class Context final : public middleware::MakeContext {
 public:
  Context(SlotRegistry& slots, const std::string& qualified,
          std::vector<SlotRegistry::Entry*>& taken, std::vector<std::string>& services)
      : slots_(slots), taken_(taken), services_(services) {
    name = qualified;
  }
  io::SlotId slot(std::string_view part) override {
    taken_.push_back(&slots_.entry("middleware " + std::string(name) + " " + std::string(part)));
    return taken_.back()->id;
  }
  void use_service(std::string_view qualified_name) override {
    services_.emplace_back(qualified_name);
  }

 private:
  SlotRegistry& slots_;
  std::vector<SlotRegistry::Entry*>& taken_;
  std::vector<std::string>& services_;
};

}  // namespace

Compiler::MadeMiddleware& Compiler::middleware(const std::string& name,
                                               const config::MiddlewareSpec& spec) {
  MadeMiddleware& made = middlewares_[name];
  bool is_known = made.used_by != 0 && made.spec == spec;
  if (is_known) {
    for (SlotRegistry::Entry* slot : made.slots) slots_.mark(*slot);
    return made;
  }
  made = MadeMiddleware{spec, nullptr, {}, std::nullopt, {}, {}, version_};
  const middleware::MiddlewareType* type = middleware::find_middleware(spec.type);
  if (type == nullptr) {
    std::vector<std::string_view> names;
    for (const auto* one : middleware::all_middlewares()) names.push_back(one->name);
    std::string_view near = config::nearest(spec.type, names);
    made.fault = "unknown middleware type \"" + spec.type + "\"" +
                 (near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?");
    return made;
  }
  config::Diagnostics found;
  config::Reader options(&spec.options, "", "middleware " + name, std::string(type->name), found);
  Context context(slots_, name, made.slots, made.services);
  made.made = type->make(options, context);
  options.finish();
  for (const config::Diagnostic& one : found) {
    std::string text = (one.field.empty() ? "" : one.field + ": ") + one.message;
    if (one.severity == config::Severity::warning) {
      made.warnings.push_back(text);
    } else {
      made.fault = made.fault ? *made.fault + "; " + text : text;
    }
  }
  if (made.made == nullptr && !made.fault) made.fault = "cannot be made from these options";
  if (made.fault) made.made = nullptr;
  return made;
}

std::optional<std::string> Compiler::check_middleware(const std::string& name,
                                                      const config::MiddlewareSpec& spec,
                                                      std::vector<std::string>& warnings) {
  slots_.begin(version_ + 1);
  MadeMiddleware& made = middleware(name, spec);
  made.used_by = version_ + 1;
  warnings = made.warnings;
  return made.fault;
}

bool Compiler::add_links(Links& links, const std::string& middleware_name, Input& input,
                         unsigned depth) {
  const auto& objects = input.objects;
  auto spec = objects.middlewares.find(middleware_name);
  if (spec == objects.middlewares.end() || depth > kMaxChainDepth) return false;
  links.names.push_back(middleware_name);
  if (config::is_middleware_type(spec->second, "chain")) {
    for (const std::string& member : middleware::chain_members(spec->second.options)) {
      if (!add_links(links, member, input, depth + 1)) return false;
    }
    return true;
  }
  MadeMiddleware& made = middleware(middleware_name, spec->second);
  made.used_by = version_;
  if (made.made == nullptr) return false;
  // Not held: it finds them by name in the snapshot that it runs in.
  for (const std::string& used : made.services) service(used, input);
  links.owned.push_back(made.made);
  return true;
}

}  // namespace fairlead::control
