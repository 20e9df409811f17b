// Traefik's common line and the generic one, byte for byte:
//   host - user [time] "METHOD path PROTO" status size "referer" "agent" count "router" "url" 12ms
// A missing value is -, and "-" where the format quotes. Values are not escaped, as there; only
// control bytes are.
#include "observe/log_formats.h"

namespace fairlead::observe {
namespace {

class Clf {
 public:
  Clf(Line& line, const AccessLogSettings& settings, size_t limit)
      : line_(line), settings_(settings), limit_(limit) {}

  void text(LogField field, std::string_view value) {
    if (value.empty() || !settings_.keeps(field)) return line_.put('-');
    line_.put_plain(value.substr(0, limit_));
  }
  void number(LogField field, uint64_t value) {
    if (!settings_.keeps(field)) return line_.put('-');
    line_.put_number(value);
  }
  void quoted(std::string_view value) {
    line_.put('"');
    line_.put_plain(value.empty() ? std::string_view("-") : value.substr(0, limit_));
    line_.put('"');
  }
  void quoted(LogField field, std::string_view value) {
    quoted(settings_.keeps(field) ? value : std::string_view());
  }

  void time(LogTimes& times, std::chrono::system_clock::time_point started_at) {
    if (settings_.keeps(LogField::StartUTC)) {
      times.utc.put_clf(line_, started_at);
    } else if (settings_.keeps(LogField::StartLocal)) {
      times.local.put_clf(line_, started_at);
    } else {
      line_.put('-');
    }
  }

 private:
  Line& line_;
  const AccessLogSettings& settings_;
  size_t limit_;
};

uint64_t milliseconds(const AccessLogSettings& settings, const Record& record) {
  if (!settings.keeps(LogField::Duration)) return 0;
  return static_cast<uint64_t>(record.total / std::chrono::milliseconds(1));
}

}  // namespace

void write_clf(Line& line, const AccessLogSettings& settings, const LogEntry& entry,
               LogTimes& times, size_t value_limit) {
  const Record& record = entry.record;
  Clf clf(line, settings, value_limit);
  clf.text(LogField::ClientHost,
           entry.forwarded_for.empty() ? entry.client_host : entry.forwarded_for);
  line.put(" - ");
  clf.text(LogField::ClientUsername, record.user);
  line.put(" [");
  clf.time(times, record.started_at);
  line.put("] \"");
  clf.text(LogField::RequestMethod, entry.method);
  line.put(' ');
  clf.text(LogField::RequestPath, request_path(entry.target, settings.query));
  line.put(' ');
  clf.text(LogField::RequestProtocol, entry.protocol);
  line.put("\" ");
  clf.number(LogField::DownstreamStatus, record.status);
  line.put(' ');
  clf.number(LogField::DownstreamContentSize, record.response_body_bytes);
  line.put(' ');
  clf.quoted(entry.request_headers.get("Referer"));
  line.put(' ');
  clf.quoted(entry.request_headers.get("User-Agent"));
  if (settings.format == LogFormat::common) {
    line.put(' ');
    clf.number(LogField::RequestCount, record.request_count);
    line.put(' ');
    clf.quoted(LogField::RouterName, record.router);
    line.put(' ');
    clf.quoted(LogField::ServiceURL, record.service_url);
    line.put(' ');
    line.put_number(milliseconds(settings, record));
    line.put("ms");
  }
  line.put('\n');
}

}  // namespace fairlead::observe
