// One JSON object a line, with Traefik's field names (log_fields.inc), then headers, then level,
// msg and time. Durations are nanoseconds. What is not known is left out, except where Traefik
// writes "-".
#include "observe/log_formats.h"

namespace fairlead::observe {
namespace {

class Json {
 public:
  Json(Line& line, const AccessLogSettings& settings, size_t limit)
      : line_(line), settings_(settings), limit_(limit) {}

  // Empty text is left out.
  void text(LogField field, std::string_view value) {
    if (value.empty() || !settings_.keeps(field)) return;
    member(name(field), value);
  }
  template <class Number>
  void number(LogField field, Number value) {
    if (!settings_.keeps(field)) return;
    key(name(field));
    line_.put_number(value);
  }
  void duration(LogField field, std::chrono::nanoseconds value) { number(field, value.count()); }

  void member(std::string_view key_text, std::string_view value) {
    key(key_text);
    line_.put('"');
    line_.put_json(value.substr(0, limit_));
    line_.put('"');
  }
  void key(std::string_view text) {
    line_.put(is_first_ ? "{\"" : ",\"");
    is_first_ = false;
    line_.put(text);
    line_.put("\":");
  }
  void time(LogField field, TimeText& clock, TimeText::Time at) {
    if (!settings_.keeps(field)) return;
    key(name(field));
    line_.put('"');
    clock.put_rfc3339_nano(line_, at);
    line_.put('"');
  }

  void headers(std::string_view prefix, const HeaderList& list);
  Line& line() { return line_; }

 private:
  void joined_values(const HeaderList& list, size_t first);
  void canonical_name(std::string_view header);

  Line& line_;
  const AccessLogSettings& settings_;
  size_t limit_;
  bool is_first_ = true;
};

bool is_repeat(const HeaderList& list, size_t at) {
  for (size_t i = 0; i < at; ++i) {
    if (equal_without_case(list[i].name, list[at].name)) return true;
  }
  return false;
}

// "x-real-ip" becomes "X-Real-Ip", which is how Go names header fields.
void Json::canonical_name(std::string_view header) {
  bool starts_word = true;
  for (char c : header) {
    if (starts_word && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!starts_word && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    line_.put_json(std::string_view(&c, 1));
    starts_word = c == '-';
  }
}

void Json::joined_values(const HeaderList& list, size_t first) {
  line_.put_json(list[first].value);
  for (size_t i = first + 1; i < list.size(); ++i) {
    if (!equal_without_case(list[i].name, list[first].name)) continue;
    line_.put(',');
    line_.put_json(list[i].value);
  }
}

void Json::headers(std::string_view prefix, const HeaderList& list) {
  if (settings_.drops_all_headers() || limit_ != kNoLimit) return;
  for (size_t i = 0; i < list.size(); ++i) {
    std::string_view header = list[i].name;
    HeaderMode mode = settings_.mode_of_header(header);
    // Host is not a header in Traefik's eyes; RequestAddr has it.
    if (mode == HeaderMode::drop || equal_without_case(header, "Host") || is_repeat(list, i))
      continue;
    line_.put(",\"");
    line_.put(prefix);
    canonical_name(header);
    line_.put("\":\"");
    if (mode == HeaderMode::redact) {
      line_.put("REDACTED");
    } else {
      joined_values(list, i);
    }
    line_.put('"');
  }
}

void client_fields(Json& json, const AccessLogSettings& settings, const LogEntry& entry) {
  if (settings.keeps(LogField::ClientAddr) && !entry.client_host.empty()) {
    bool is_v6 = entry.client_host.find(':') != std::string_view::npos;
    json.key(name(LogField::ClientAddr));
    Line& line = json.line();
    line.put(is_v6 ? "\"[" : "\"");
    line.put_json(entry.client_host);
    line.put(is_v6 ? "]:" : ":");
    line.put_number(entry.client_port);
    line.put('"');
  }
  json.text(LogField::ClientHost,
            entry.forwarded_for.empty() ? entry.client_host : entry.forwarded_for);
  if (settings.keeps(LogField::ClientPort) && !entry.client_host.empty()) {
    json.key(name(LogField::ClientPort));
    json.line().put('"');
    json.line().put_number(entry.client_port);
    json.line().put('"');
  }
  std::string_view user = entry.record.user;
  json.text(LogField::ClientUsername, user.empty() ? std::string_view("-") : user);
}

void outcome_fields(Json& json, const Record& record) {
  json.number(LogField::DownstreamContentSize, record.response_body_bytes);
  json.number(LogField::DownstreamStatus, record.status);
  json.duration(LogField::Duration, record.total);
  if (record.error.code != Code::ok) {
    json.text(LogField::Error, name(record.error.code));
    json.text(LogField::ErrorSide, name(record.error.side));
    json.text(LogField::ErrorStage, name(record.error.stage));
    json.text(LogField::ErrorWords, words(record.error.code));
  }
  bool was_tried = record.attempts > 0 || record.upstream_status != 0;
  if (was_tried && record.upstream_body_bytes != record.response_body_bytes &&
      record.upstream_body_bytes != 0 && record.response_body_bytes != 0) {
    json.number(LogField::GzipRatio, static_cast<double>(record.upstream_body_bytes) /
                                         static_cast<double>(record.response_body_bytes));
  }
  if (was_tried) {
    json.number(LogField::OriginContentSize, record.upstream_body_bytes);
    json.duration(LogField::OriginDuration, record.upstream_total);
    json.number(LogField::OriginStatus, record.upstream_status);
  }
  json.duration(LogField::Overhead, record.total - record.upstream_total);
}

void request_fields(Json& json, const AccessLogSettings& settings, const LogEntry& entry) {
  HostPort host = split_host_port(entry.authority);
  json.text(LogField::RequestAddr, entry.authority);
  json.number(LogField::RequestContentSize, entry.record.request_body_bytes);
  json.number(LogField::RequestCount, entry.record.request_count);
  json.text(LogField::RequestHost, host.host);
  json.text(LogField::RequestMethod, entry.method);
  json.text(LogField::RequestPath, request_path(entry.target, settings.query));
  if (!entry.authority.empty()) json.text(LogField::RequestPort, host.port);
  json.text(LogField::RequestProtocol, entry.protocol);
  json.text(LogField::RequestScheme, entry.scheme);
}

void service_fields(Json& json, const Record& record, LogTimes& times) {
  json.number(LogField::RetryAttempts, record.attempts > 1 ? record.attempts - 1 : 0);
  json.text(LogField::RouterName, record.router);
  json.text(LogField::ServiceAddr, record.service_addr);
  json.text(LogField::ServiceName, record.service);
  json.text(LogField::ServiceURL, record.service_url);
  json.time(LogField::StartLocal, times.local, record.started_at);
  json.time(LogField::StartUTC, times.utc, record.started_at);
  json.text(LogField::TLSCipher, record.tls_cipher);
  json.text(LogField::TLSVersion, record.tls_version);
  if (record.attempts > 0) {
    json.duration(LogField::UpstreamConnectDuration, record.upstream_connect);
    json.duration(LogField::UpstreamHeadDuration, record.upstream_head);
  }
  json.text(LogField::entryPointName, record.entry_point);
}

}  // namespace

void write_json(Line& line, const AccessLogSettings& settings, const LogEntry& entry,
                LogTimes& times, size_t value_limit) {
  const Record& record = entry.record;
  Json json(line, settings, value_limit);
  client_fields(json, settings, entry);
  outcome_fields(json, record);
  request_fields(json, settings, entry);
  service_fields(json, record, times);
  json.member("level", "info");
  json.member("msg", "");
  json.headers("downstream_", entry.response_headers);
  json.headers("origin_", entry.upstream_headers);
  json.headers("request_", entry.request_headers);
  json.key("time");
  line.put('"');
  auto ended_at =
      record.started_at + std::chrono::duration_cast<TimeText::Time::duration>(record.total);
  times.local.put_rfc3339(line, ended_at);
  line.put("\"}\n");
}

}  // namespace fairlead::observe
