// `fairlead print`: the effective configuration and where each value came from.
#include <cstdio>

#include "cmd/fairlead/commands.h"

namespace fairlead::command {
namespace {

using config::Node;

// Gives every scalar of `shown` the origin of the value it came from.
void annotate(Node& shown, const Node* loaded, const std::string& inherited) {
  std::string origin = loaded && !loaded->origin.empty() ? loaded->origin : inherited;
  if (shown.is_map() && !shown.members.empty()) {
    for (config::Member& member : shown.members) {
      const Node* value = loaded ? loaded->find(member.key) : nullptr;
      annotate(member.value, value, value ? value->origin : "default");
    }
  } else if (shown.is_list() && !shown.items.empty()) {
    bool is_list = loaded && loaded->is_list();
    for (size_t i = 0; i < shown.items.size(); ++i) {
      bool has_own = is_list && i < loaded->items.size();
      annotate(shown.items[i], has_own ? &loaded->items[i] : nullptr, origin);
    }
  } else {
    shown.origin = origin.empty() ? "default" : origin;
  }
}

}  // namespace

std::string effective_configuration(const LoadedOptions& options) {
  Node shown = config::encode_static(options.config, config::Secrets::masked);
  annotate(shown, &options.document, "default");
  return to_yaml_with_origins(shown);
}

int print_command(const LoadedOptions& options) {
  std::fputs(diagnostics_text(options.diagnostics).c_str(), stderr);
  std::fputs(effective_configuration(options).c_str(), stdout);
  return config::has_errors(options.diagnostics) ? 1 : 0;
}

}  // namespace fairlead::command
