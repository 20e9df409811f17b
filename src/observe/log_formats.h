// The access log formats, as pure functions from an entry to one line with its newline. Any thread;
// the times belong to the caller's thread.
#pragma once

#include "observe/line.h"
#include "observe/log_entry.h"
#include "observe/log_settings.h"
#include "observe/time_text.h"

namespace fairlead::observe {

struct LogTimes {
  TimeText utc{TimeText::Zone::utc};
  TimeText local{TimeText::Zone::local};
};

// `value_limit` cuts every text of the client's, for the second try of a line that was too long.
void write_clf(Line& line, const AccessLogSettings& settings, const LogEntry& entry,
               LogTimes& times, size_t value_limit);
// The same, with header fields only when `value_limit` is no limit.
void write_json(Line& line, const AccessLogSettings& settings, const LogEntry& entry,
                LogTimes& times, size_t value_limit);

inline constexpr size_t kNoLimit = static_cast<size_t>(-1);

}  // namespace fairlead::observe
