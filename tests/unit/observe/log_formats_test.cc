#include "observe/log_formats.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace fairlead::observe {
namespace {

using namespace std::chrono_literals;

// 2015-11-09T21:37:49.123456789Z
constexpr auto kStart = std::chrono::system_clock::time_point(1'447'105'069'123'456'789ns);

struct Case {
  Record record;
  std::vector<HeaderView> request{{"Host", "example.com:8080"},
                                  {"referer", "http://ref.example/"},
                                  {"User-Agent", "curl/8.0 \"x\""},
                                  {"Accept", "a"},
                                  {"accept", "b"}};
  std::vector<HeaderView> upstream{{"content-type", "text/html"}, {"Set-Cookie", "a=1"}};
  std::vector<HeaderView> response{{"Content-Type", "text/html"}, {"Server", "<s>"}};

  LogEntry entry() const {
    LogEntry entry{record};
    entry.client_host = "10.0.0.9";
    entry.client_port = 4321;
    entry.method = "GET";
    entry.target = "/a/b?token=1&x=<2>";
    entry.protocol = "HTTP/1.1";
    entry.authority = "example.com:8080";
    entry.request_headers = HeaderList::of(std::span<const HeaderView>(request));
    entry.upstream_headers = HeaderList::of(std::span<const HeaderView>(upstream));
    entry.response_headers = HeaderList::of(std::span<const HeaderView>(response));
    return entry;
  }
};

Case served() {
  Case served;
  Record& record = served.record;
  record.started_at = kStart;
  record.total = 123'456'789ns;
  record.upstream_connect = 1ms;
  record.upstream_head = 20ms;
  record.upstream_total = 100ms;
  record.status = 200;
  record.upstream_status = 200;
  record.attempts = 2;
  record.request_body_bytes = 7;
  record.response_body_bytes = 500;
  record.upstream_body_bytes = 1000;
  record.request_count = 42;
  record.entry_point = "web";
  record.router = "app@docker";
  record.service = "app@docker";
  record.service_url = "http://172.17.0.2:80";
  record.service_addr = "172.17.0.2:80";
  return served;
}

Case refused() {
  Case refused;
  refused.record.started_at = kStart;
  refused.record.total = 2ms;
  refused.record.status = 502;
  refused.record.attempts = 1;
  refused.record.error = {Code::refused, Side::upstream, Stage::connect, Retry::always, 111};
  refused.record.router = "app@docker";
  refused.request = {};
  return refused;
}

std::string line_of(const AccessLogSettings& settings, const LogEntry& entry,
                    size_t limit = kNoLimit, size_t room = 8192) {
  auto memory = std::make_unique<char[]>(room);
  Line line(memory.get(), room);
  LogTimes times;
  auto* write = settings.format == LogFormat::json ? write_json : write_clf;
  write(line, settings, entry, times, limit);
  return std::string(line.text());
}

// tests/golden/access_log/NAME.txt: what the case is, ----------, the line.
void check_golden(const std::string& name, const std::string& about, const std::string& line) {
  std::string path = std::string(FAIRLEAD_GOLDEN_DIR) + "/access_log/" + name + ".txt";
  std::string whole = about + "\n----------\n" + line;
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE") != nullptr) std::ofstream(path) << whole;
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();
  CHECK(expected.str() == whole);
}

// Local time for the length of a test; the zones are POSIX ones, which need no zone files.
struct InZone {
  explicit InZone(const char* zone) { set(zone); }
  ~InZone() { set(before.c_str()); }
  static void set(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  std::string before = std::getenv("TZ") != nullptr ? std::getenv("TZ") : "UTC0";
};

}  // namespace

TEST_CASE("common_line_is_traefiks_byte_for_byte") {
  AccessLogSettings settings;
  Case full = served();
  check_golden("common", "a served request, format common", line_of(settings, full.entry()));
  Case empty = refused();
  check_golden("common_missing", "no headers, user, service; format common",
               line_of(settings, empty.entry()));
}

TEST_CASE("generic_clf_stops_after_the_user_agent") {
  AccessLogSettings settings;
  settings.format = LogFormat::generic_clf;
  Case full = served();
  check_golden("generic_clf", "a served request, format genericCLF",
               line_of(settings, full.entry()));
}

TEST_CASE("common_line_follows_dropped_fields") {
  AccessLogSettings settings;
  for (LogField field : {LogField::ClientHost, LogField::StartUTC, LogField::RequestMethod,
                         LogField::DownstreamStatus, LogField::RouterName, LogField::Duration}) {
    settings.dropped_fields.set(static_cast<size_t>(field));
  }
  settings.query = Query::drop;
  InZone berlin("CET-1");
  Case full = served();
  check_golden("common_dropped", "fields dropped, local time, query dropped",
               line_of(settings, full.entry()));
  settings.dropped_fields.set(static_cast<size_t>(LogField::StartLocal));
  CHECK(line_of(settings, full.entry()).starts_with("- - - [-] \"- /a/b HTTP/1.1\" - 500 "));
}

TEST_CASE("json_line_has_traefiks_fields_in_its_order") {
  AccessLogSettings settings;
  settings.format = LogFormat::json;
  InZone berlin("CET-1");
  Case full = served();
  full.record.tls_version = "1.3";
  full.record.tls_cipher = "TLS_AES_128_GCM_SHA256";
  full.record.user = "ann";
  check_golden("json", "a served request over TLS, format json", line_of(settings, full.entry()));
}

TEST_CASE("json_line_tells_why_a_request_failed") {
  AccessLogSettings settings;
  settings.format = LogFormat::json;
  InZone greenwich("UTC0");
  Case failed = refused();
  check_golden("json_error", "an upstream that refuses connections, format json",
               line_of(settings, failed.entry()));
}

TEST_CASE("json_line_keeps_drops_and_redacts_headers") {
  AccessLogSettings settings;
  settings.format = LogFormat::json;
  settings.dropped_fields.set();
  InZone greenwich("UTC0");
  settings.header_default = HeaderMode::keep;
  settings.headers = {{"set-cookie", HeaderMode::redact}, {"USER-AGENT", HeaderMode::drop}};
  Case full = served();
  check_golden("json_headers",
               "all fields dropped; headers keep, Set-Cookie redact, User-Agent drop",
               line_of(settings, full.entry()));
}

TEST_CASE("forwarded_for_replaces_the_client_host_only") {
  AccessLogSettings settings;
  settings.format = LogFormat::json;
  Case full = served();
  LogEntry entry = full.entry();
  entry.forwarded_for = "1.2.3.4, 5.6.7.8";
  entry.client_host = "::1";
  std::string line = line_of(settings, entry);
  CHECK(line.starts_with(R"({"ClientAddr":"[::1]:4321","ClientHost":"1.2.3.4, 5.6.7.8",)"));
  settings.format = LogFormat::common;
  CHECK(line_of(settings, entry).starts_with("1.2.3.4, 5.6.7.8 - - ["));
}

TEST_CASE("json_escapes_what_go_escapes_and_mends_broken_utf8") {
  char memory[256];
  Line line(memory, sizeof memory);
  line.put_json("\"\\\n\r\t\x01<>&\x7f\u00e9\u20ac\U0001F600\u2028");
  CHECK(line.text() ==
        "\\\"\\\\\\n\\r\\t\\u0001\\u003c\\u003e\\u0026\x7f\u00e9\u20ac\U0001F600\\u2028");
  for (std::string_view broken :
       {"\xff", "\xc3", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    Line mended(memory, sizeof memory);
    mended.put_json(broken);
    std::string expected;
    for (size_t i = 0; i < broken.size(); ++i) expected += "\\ufffd";
    CHECK(mended.text() == expected);
  }
}

TEST_CASE("a_request_cannot_forge_a_second_line") {
  AccessLogSettings settings;
  Case full = served();
  LogEntry entry = full.entry();
  entry.target = "/\n10.0.0.1 - admin\x1b[2J";
  std::string line = line_of(settings, entry);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find("/\\x0a10.0.0.1 - admin\\x1b[2J") != line.npos);
}

TEST_CASE("a_line_that_does_not_fit_is_reported_and_the_cut_one_is_whole") {
  AccessLogSettings settings;
  settings.format = LogFormat::json;
  Case full = served();
  LogEntry entry = full.entry();
  std::string target = "/" + std::string(5000, '<');
  entry.target = target;
  char memory[4096];
  Line line(memory, sizeof memory);
  LogTimes times;
  write_json(line, settings, entry, times, kNoLimit);
  CHECK(line.is_cut());
  std::string shorter = line_of(settings, entry, 16, sizeof memory);
  CHECK(shorter.ends_with("}\n"));
  CHECK(shorter.size() < sizeof memory);
}

TEST_CASE("paths_and_hosts_are_split_as_traefik_does") {
  CHECK(request_path("/a?b", Query::keep) == "/a?b");
  CHECK(request_path("/a?b", Query::drop) == "/a");
  CHECK(request_path("http://h:1/a?b", Query::keep) == "/a?b");
  CHECK(request_path("http://h", Query::keep) == "/");
  CHECK(request_path("*", Query::keep) == "*");
  auto check = [](std::string_view text, std::string_view host, std::string_view port) {
    HostPort parts = split_host_port(text);
    CHECK(parts.host == host);
    CHECK(parts.port == port);
  };
  check("example.com", "example.com", "-");
  check("example.com:80", "example.com", "80");
  check("[::1]:80", "::1", "80");
  check("::1", "::1", "-");
}

TEST_CASE("times_have_go_fractions") {
  char memory[64];
  auto text = [&](std::chrono::nanoseconds since_epoch) {
    TimeText clock(TimeText::Zone::utc);
    Line line(memory, sizeof memory);
    clock.put_rfc3339_nano(line, std::chrono::system_clock::time_point(since_epoch));
    return std::string(line.text());
  };
  CHECK(text(0ns) == "1970-01-01T00:00:00Z");
  CHECK(text(100ms) == "1970-01-01T00:00:00.1Z");
  CHECK(text(1ns) == "1970-01-01T00:00:00.000000001Z");
}

TEST_CASE("filters_keep_a_line_when_any_of_them_holds") {
  Record record;
  record.status = 404;
  record.attempts = 2;
  record.total = 50ms;
  AccessLogSettings settings;
  CHECK(settings.keeps(record));
  settings.status_codes = {{500, 599}};
  CHECK_FALSE(settings.keeps(record));
  settings.retry_attempts = true;
  CHECK(settings.keeps(record));
  record.attempts = 1;
  CHECK_FALSE(settings.keeps(record));
  settings.min_duration = 50ms;
  CHECK_FALSE(settings.keeps(record));
  record.total += 1ns;
  CHECK(settings.keeps(record));
}

TEST_CASE("settings_words_are_read_strictly") {
  CHECK(status_range("404") == StatusRange{404, 404});
  CHECK(status_range("500-599") == StatusRange{500, 599});
  for (std::string_view bad : {"", "4", "1000", "599-500", "500-", "-500", "4xx", "500-599-600"}) {
    CHECK_FALSE(status_range(bad).has_value());
  }
  CHECK(log_field("clienthost") == LogField::ClientHost);
  CHECK_FALSE(log_field("Nothing").has_value());
  CHECK(log_format("GenericCLF") == LogFormat::generic_clf);
  CHECK_FALSE(log_format("clf").has_value());
  CHECK_FALSE(header_mode("maybe").has_value());
}

}  // namespace fairlead::observe
