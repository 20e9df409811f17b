#include "observe/log_settings.h"

#include <algorithm>
#include <charconv>

namespace fairlead::observe {
namespace {

constexpr std::string_view kNames[] = {
#define FAIRLEAD_LOG_FIELD(name) #name,
#include "observe/log_fields.inc"
#undef FAIRLEAD_LOG_FIELD
};

std::optional<uint16_t> status_code(std::string_view text) {
  uint16_t code = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (code < 100 || code > 999) return std::nullopt;
  return code;
}

}  // namespace

std::string_view name(LogField field) { return kNames[static_cast<size_t>(field)]; }

std::optional<LogField> log_field(std::string_view name) {
  for (size_t i = 0; i < kLogFields; ++i) {
    if (equal_without_case(kNames[i], name)) return static_cast<LogField>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> log_format(std::string_view word) {
  if (equal_without_case(word, "common")) return LogFormat::common;
  if (equal_without_case(word, "genericCLF")) return LogFormat::generic_clf;
  if (equal_without_case(word, "json")) return LogFormat::json;
  return std::nullopt;
}

std::optional<HeaderMode> header_mode(std::string_view word) {
  if (equal_without_case(word, "keep")) return HeaderMode::keep;
  if (equal_without_case(word, "drop")) return HeaderMode::drop;
  if (equal_without_case(word, "redact")) return HeaderMode::redact;
  return std::nullopt;
}

std::optional<StatusRange> status_range(std::string_view text) {
  size_t dash = text.find('-');
  auto first = status_code(text.substr(0, dash));
  auto last = dash == text.npos ? first : status_code(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{*first, *last};
}

bool AccessLogSettings::keeps(const Record& record) const {
  if (status_codes.empty() && !retry_attempts && min_duration.count() == 0) return true;
  auto has_status = [&](StatusRange range) {
    return record.status >= range.first && record.status <= range.last;
  };
  if (std::ranges::any_of(status_codes, has_status)) return true;
  if (retry_attempts && record.attempts > 1) return true;
  return min_duration.count() > 0 && record.total > min_duration;
}

HeaderMode AccessLogSettings::mode_of_header(std::string_view header) const {
  for (const auto& [known, mode] : headers) {
    if (equal_without_case(known, header)) return mode;
  }
  return header_default;
}

}  // namespace fairlead::observe
