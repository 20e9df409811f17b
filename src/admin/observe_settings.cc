#include "admin/observe_settings.h"

#include <algorithm>
#include <limits>

namespace fairlead::admin {
namespace {

void put_fields(const config::AccessLogFields& fields, observe::AccessLogSettings& out) {
  if (fields.default_mode == "drop") out.dropped_fields.set();
  for (const auto& [name, mode] : fields.names) {
    auto field = observe::log_field(name);
    if (field) out.dropped_fields.set(static_cast<size_t>(*field), mode == "drop");
  }
  auto header_default = observe::header_mode(fields.headers.default_mode);
  out.header_default = header_default.value_or(observe::HeaderMode::drop);
  for (const auto& [name, word] : fields.headers.names) {
    auto mode = observe::header_mode(word);
    if (mode) out.headers.emplace_back(name, *mode);
  }
  bool drops_query = fields.query_parameters.default_mode == "drop";
  out.query = drops_query ? observe::Query::drop : observe::Query::keep;
}

}  // namespace

observe::AccessLogSettings access_log_settings(const config::AccessLogConfig& section) {
  observe::AccessLogSettings out;
  out.format = observe::log_format(section.format).value_or(observe::LogFormat::common);
  out.file_path = section.file_path;
  constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
  out.buffering_size = static_cast<uint32_t>(std::clamp<int64_t>(section.buffering_size, 0, kMost));
  for (const std::string& text : section.filters.status_codes) {
    auto range = observe::status_range(text);
    if (range) out.status_codes.push_back(*range);
  }
  out.retry_attempts = section.filters.retry_attempts;
  out.min_duration = section.filters.min_duration;
  put_fields(section.fields, out);
  return out;
}

observe::MetricsSettings metrics_settings(const config::StaticConfig& config) {
  observe::MetricsSettings out;
  for (const auto& [name, entry_point] : config.entry_points)
    (entry_point.listen.is_udp ? out.udp_entry_points : out.entry_points).push_back(name);
  const auto& prometheus = config.metrics.prometheus;
  out.has_entry_point_labels = prometheus && prometheus->adds_entry_points_labels;
  out.has_router_labels = prometheus && prometheus->adds_routers_labels;
  out.counts_all = config.api.has_value();
  out.has_service_labels = prometheus && prometheus->adds_services_labels;
  if (prometheus) out.buckets = prometheus->buckets;
  return out;
}

}  // namespace fairlead::admin
