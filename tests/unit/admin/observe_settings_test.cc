#include "admin/observe_settings.h"

#include <doctest/doctest.h>

namespace fairlead::admin {

using observe::LogField;

TEST_CASE("access_log_section_becomes_settings") {
  config::AccessLogConfig section;
  section.format = "json";
  section.buffering_size = 100;
  section.filters.status_codes = {"404", "500-599"};
  section.filters.min_duration = std::chrono::milliseconds(10);
  section.fields.default_mode = "drop";
  section.fields.names = {{"clienthost", "keep"}, {"TraceId", "keep"}};
  section.fields.headers.default_mode = "redact";
  section.fields.headers.names = {{"User-Agent", "keep"}};
  section.fields.query_parameters.default_mode = "drop";
  auto settings = access_log_settings(section);
  CHECK(settings.format == observe::LogFormat::json);
  CHECK(settings.buffering_size == 100);
  CHECK(settings.status_codes == std::vector<observe::StatusRange>{{404, 404}, {500, 599}});
  CHECK(settings.min_duration == std::chrono::milliseconds(10));
  CHECK(settings.keeps(LogField::ClientHost));
  CHECK_FALSE(settings.keeps(LogField::RouterName));
  CHECK(settings.mode_of_header("user-agent") == observe::HeaderMode::keep);
  CHECK(settings.mode_of_header("Cookie") == observe::HeaderMode::redact);
  CHECK(settings.query == observe::Query::drop);
}

TEST_CASE("access_log_defaults_keep_fields_and_drop_headers") {
  auto settings = access_log_settings({});
  CHECK(settings.format == observe::LogFormat::common);
  CHECK(settings.dropped_fields.none());
  CHECK(settings.drops_all_headers());
  CHECK(settings.keeps(observe::Record{}));
}

TEST_CASE("metrics_section_switches_labels") {
  config::StaticConfig config;
  config.entry_points["web"];
  auto off = metrics_settings(config);
  CHECK_FALSE(off.has_entry_point_labels);
  CHECK_FALSE(off.has_service_labels);
  config.metrics.prometheus.emplace().buckets = {1, 2};
  auto on = metrics_settings(config);
  CHECK(on.entry_points == std::vector<std::string>{"web"});
  CHECK(on.has_entry_point_labels);
  CHECK_FALSE(on.has_router_labels);
  CHECK(on.has_service_labels);
  CHECK(on.buckets == std::vector<double>{1, 2});
}

}  // namespace fairlead::admin
