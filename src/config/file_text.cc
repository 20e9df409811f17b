#include "config/node.h"

namespace fairlead::config {

Node parse_file_text(std::string_view path, std::string_view text, Diagnostics& diagnostics) {
  std::string source = "file " + std::string(path);
  if (path.ends_with(".yml") || path.ends_with(".yaml"))
    return parse_yaml(text, source, diagnostics);
  if (path.ends_with(".toml")) return parse_toml(text, source, diagnostics);
  if (path.ends_with(".json")) return parse_json(text, source, diagnostics);
  diagnostics.push_back(
      {Severity::error, source, "", "", "unknown file type; name it .yml, .yaml, .toml or .json"});
  return {};
}

}  // namespace fairlead::config
