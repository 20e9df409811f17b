// What is wrong with a configuration, said so that its owner can mend it: which object, which
// field, what, and how. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::config {

enum class Severity : uint8_t { warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string source;  // "docker", "file:/etc/fairlead/dynamic.yml", "environment", "flags"
  std::string
      object;  // "container web (4f2a…)", "router whoami@docker", "" for static configuration
  std::string field;    // "traefik.http.routers.web.rul", "http.routers.web.rule"
  std::string message;  // "unknown field; did you mean \"rule\"?"

  bool operator==(const Diagnostic&) const = default;
  auto operator<=>(const Diagnostic&) const = default;
  // "warning: docker: container web: traefik.http.routers.web.rul: unknown field; did you mean
  // \"rule\"?"
  std::string text() const;
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

// The candidate nearest to `word` (Damerau-Levenshtein without case, at most a third of its length
// away), or "".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace fairlead::config
