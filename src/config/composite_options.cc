#include "config/composite_options.h"

#include <optional>

namespace fairlead::config {
namespace {

std::optional<unsigned> status_of(std::string_view text) {
  std::optional<int64_t> number = parse_integer(text);
  if (!number || *number < 100 || *number > 599) return std::nullopt;
  return static_cast<unsigned>(*number);
}

// "500" or "500-599".
std::optional<std::pair<unsigned, unsigned>> range_of(std::string_view text) {
  size_t dash = text.find('-');
  std::optional<unsigned> first = status_of(text.substr(0, dash));
  std::optional<unsigned> last = dash == text.npos ? first : status_of(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair(*first, *last);
}

void read_errors(Reader& errors, FailoverOptions& out) {
  std::vector<std::string> words;
  errors.read("status", words);
  for (const std::string& word : words) {
    if (auto range = range_of(word)) {
      out.statuses.push_back(*range);
    } else {
      errors.error("status", "\"" + word +
                                 "\" is neither a status between 100 and 599 nor a range of them, "
                                 "e.g. \"500-504\"");
    }
  }
  errors.read("maxRequestBodyBytes", out.max_request_body_bytes);
  if (out.max_request_body_bytes < -1) {
    errors.error("maxRequestBodyBytes", "must be a number of bytes, or -1 for no limit");
  }
}

}  // namespace

MirroringOptions read_mirroring(Reader& reader) {
  MirroringOptions out;
  reader.read("service", out.service);
  reader.read("mirrorBody", out.mirrors_body);
  reader.read("maxBodySize", out.max_body_size);
  reader.each_item("mirrors", [&](Reader& item) {
    MirroringOptions::Mirror mirror;
    item.read("name", mirror.name);
    item.read("percent", mirror.percent);
    if (mirror.name.empty()) item.error("name", "is required: the name of a service");
    if (mirror.percent < 0 || mirror.percent > 100) {
      item.error("percent", "must be between 0 and 100");
    }
    out.mirrors.push_back(std::move(mirror));
  });
  reader.raw("healthCheck");
  if (out.service.empty()) reader.error("service", "is required: the service whose answer counts");
  if (out.max_body_size < -1) {
    reader.error("maxBodySize", "must be a number of bytes, or -1 for no limit");
  }
  return out;
}

FailoverOptions read_failover(Reader& reader) {
  FailoverOptions out;
  reader.read("service", out.service);
  reader.read("fallback", out.fallback);
  reader.raw("healthCheck");
  reader.child("errors", [&](Reader& errors) { read_errors(errors, out); });
  if (out.service.empty()) reader.error("service", "is required: the service that is tried first");
  if (out.fallback.empty()) reader.error("fallback", "is required: the service that steps in");
  return out;
}

}  // namespace fairlead::config
