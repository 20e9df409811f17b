// What an access log shall contain and where it goes: the meaning of Traefik's accessLog section.
// Built by the static configuration, fixed for the life of the process. A value.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/log_entry.h"

namespace fairlead::observe {

enum class LogField : uint8_t {
#define FAIRLEAD_LOG_FIELD(name) name,
#include "observe/log_fields.inc"
#undef FAIRLEAD_LOG_FIELD
  count_
};
inline constexpr size_t kLogFields = static_cast<size_t>(LogField::count_);

std::string_view name(LogField field);
// Without case; nullopt for a name that is not a field.
std::optional<LogField> log_field(std::string_view name);

enum class LogFormat : uint8_t { common, generic_clf, json };
std::optional<LogFormat> log_format(
    std::string_view word);  // "common", "genericCLF", "json", without case

enum class HeaderMode : uint8_t { keep, drop, redact };
std::optional<HeaderMode> header_mode(std::string_view word);

struct StatusRange {
  uint16_t first = 0, last = 0;
  bool operator==(const StatusRange&) const = default;
};
// "404" or "500-599"; nullopt when malformed or the wrong way round.
std::optional<StatusRange> status_range(std::string_view text);

struct AccessLogSettings {
  LogFormat format = LogFormat::common;
  std::string file_path;  // "" = standard output
  uint32_t buffering_size =
      0;  // lines that may wait for the writer; 0 = as many as fit into 1 MiB a worker

  // A line is kept when any of these holds, or when none is set.
  std::vector<StatusRange> status_codes;
  bool retry_attempts = false;
  std::chrono::nanoseconds min_duration{0};

  std::bitset<kLogFields> dropped_fields;
  HeaderMode header_default = HeaderMode::drop;
  std::vector<std::pair<std::string, HeaderMode>> headers;
  Query query = Query::keep;

  bool keeps(LogField field) const { return !dropped_fields[static_cast<size_t>(field)]; }
  // The filters.
  bool keeps(const Record& record) const;
  HeaderMode mode_of_header(std::string_view header) const;
  // No header can appear: the loop over them is not needed.
  bool drops_all_headers() const { return header_default == HeaderMode::drop && headers.empty(); }
};

}  // namespace fairlead::observe
