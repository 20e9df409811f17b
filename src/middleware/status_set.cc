#include "middleware/status_set.h"

#include <charconv>
#include <string>
#include <vector>

namespace fairlead::middleware {
namespace {

std::optional<unsigned> parse_status(std::string_view text) {
  unsigned status = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || status < 100 || status > 599) return std::nullopt;
  return status;
}

}  // namespace

std::optional<StatusRange> StatusRange::parse(std::string_view text) {
  size_t dash = text.find('-');
  std::optional<unsigned> first = parse_status(text.substr(0, dash));
  std::optional<unsigned> last =
      dash == std::string_view::npos ? first : parse_status(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{*first, *last};
}

void StatusSet::read(config::Reader& options, std::string_view key) {
  std::vector<std::string> words;
  options.read(key, words);
  for (const std::string& word : words) {
    std::optional<StatusRange> range = StatusRange::parse(word);
    if (!range) {
      options.error(key, "\"" + word + "\" is no status; write 503 or 500-599");
      continue;
    }
    for (unsigned status = range->first; status <= range->last; ++status) statuses_.set(status);
  }
}

}  // namespace fairlead::middleware
