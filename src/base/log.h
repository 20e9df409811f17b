// The process log: structured lines to standard output or a file, in Traefik's two formats (common,
// json). For events, never for requests (those go to the access log). Thread-safe; call it rarely
// on workers.
//
//   log::warn("provider connection lost", {{"provider", "docker"}, {"error", why}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::log {

enum class Level : uint8_t { trace, debug, info, warn, error, fatal, off };

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void trace(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

struct Settings {
  Level level = Level::info;
  bool is_json = false;
  std::string file_path;  // "" = standard output
};
// Returns false (and keeps the old settings) when the file cannot be opened.
bool configure(const Settings& settings);
// Closes and opens the file again, for rotation.
void reopen();
bool is_on(Level level);

}  // namespace fairlead::log
