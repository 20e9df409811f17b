// Reads typed values out of a Node map and remembers which keys were asked for; what nobody asked
// for is reported with the nearest known key. Every fault becomes a Diagnostic naming object and
// field, and the value keeps its default: one bad field costs only itself. Used on the stack while
// decoding.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/node.h"

namespace fairlead::config {

using Milliseconds = std::chrono::milliseconds;

// "10s", "1m30s", "100ms", "1.5h"; a bare integer is seconds (Traefik's rule). nullopt when
// malformed.
std::optional<Milliseconds> parse_duration(std::string_view text);
// The shortest that parse_duration reads back: "1m30s", "250ms", "0s".
std::string format_duration(Milliseconds duration);
std::optional<bool> parse_bool(
    std::string_view text);  // true false 1 0 t f TRUE … as Go's ParseBool
std::optional<int64_t> parse_integer(std::string_view text);

class Reader {
 public:
  // `node` null or an empty map both mean "nothing set". `path` is the dotted name of this node
  // ("http.routers.web").
  Reader(const Node* node, std::string source, std::string object, std::string path,
         Diagnostics& out);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Each leaves `out` alone when the key is absent, and reports when the value does not fit.
  // Returns whether the key was there with a good value.
  bool read(std::string_view key, std::string& out);
  bool read(std::string_view key, bool& out);
  bool read(std::string_view key, int64_t& out);
  bool read(std::string_view key, uint32_t& out);
  bool read(std::string_view key, double& out);
  bool read(std::string_view key, Milliseconds& out);
  bool read(std::string_view key,
            std::vector<std::string>& out);  // a list, or a comma-separated scalar
  bool read(std::string_view key, std::map<std::string, std::string>& out);
  bool read(std::string_view key, std::optional<std::string>& out);
  bool read(std::string_view key, std::optional<bool>& out);
  bool read(std::string_view key, std::optional<int64_t>& out);
  bool read(std::string_view key, std::optional<Milliseconds>& out);
  bool read(std::string_view key, std::vector<double>& out);
  // One of a few words, compared without case; `out` gets the listed spelling.
  bool read_word(std::string_view key, std::string& out,
                 const std::vector<std::string_view>& words);

  // A sub-object that is switched on by presence: `key: {}` or `key=true` reads as an empty map,
  // "false" as absent. `decode` gets a reader for it; unknown keys inside are reported when it
  // returns. Returns presence.
  bool child(std::string_view key, const std::function<void(Reader&)>& decode);
  // Every member of a map: decode(name, reader).
  void each(std::string_view key, const std::function<void(const std::string&, Reader&)>& decode);
  // Every element of a list of objects.
  void each_item(std::string_view key, const std::function<void(Reader&)>& decode);
  // The raw subtree, marked as read. Null when absent.
  const Node* raw(std::string_view key);
  // Marks keys as known without reading them (accepted and ignored, with or without a warning).
  void ignore(std::string_view key);
  void deprecate(std::string_view key, std::string_view advice);

  void error(std::string_view key, std::string message);  // key "" for the object itself
  void warning(std::string_view key, std::string message);
  // An error was reported through this reader or one of its children.
  bool has_errors() const { return has_errors_; }

  const Node* node() const { return node_; }
  const std::string& path() const { return path_; }
  const std::string& object() const { return object_; }

  // Reports every key that nobody asked for. Called by child/each on their readers; the outermost
  // caller calls it.
  void finish();
  // Unknown keys are warnings (true, the default: the rest of the object still counts) or errors.
  void set_unknown_is_error(bool is_error) { is_unknown_error_ = is_error; }

 private:
  const Node* want(std::string_view key);
  // The text under `key`; null when absent, or when reported as not being one.
  const std::string* scalar(std::string_view key, std::string_view expected);
  template <class T, class Parse>
  bool read_as(std::string_view key, T& out, std::string_view expected, Parse parse);
  std::string field(std::string_view key) const;
  void report(Severity severity, std::string_view key, std::string message);

  const Node* node_;
  std::string source_;
  std::string object_;
  std::string path_;
  Diagnostics& out_;
  std::vector<std::string> known_;
  bool has_errors_ = false;
  bool is_unknown_error_ = false;
};

}  // namespace fairlead::config
