// The scrape: everything counted, as families of the Prometheus client library, in its text format.
#include <array>
#include <limits>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "observe/metrics.h"
#include "observe/process.h"

namespace fairlead::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct MetricRow {
  MetricType type;
  const char* name;
  const char* help;
};

constexpr MetricRow kMetrics[] = {
#define FAIRLEAD_METRIC(id, type, name, help) {MetricType::type, name, help},
#include "observe/metric_names.inc"
#undef FAIRLEAD_METRIC
};

// The families of a kind of series, in the order of metric_names.inc.
struct RequestMetrics {
  Metric requests, requests_tls, duration, request_bytes, response_bytes;
};
constexpr RequestMetrics kRequestMetrics[] = {
    {Metric::entrypoint_requests, Metric::entrypoint_requests_tls, Metric::entrypoint_duration,
     Metric::entrypoint_request_bytes, Metric::entrypoint_response_bytes},
    {Metric::router_requests, Metric::router_requests_tls, Metric::router_duration,
     Metric::router_request_bytes, Metric::router_response_bytes},
    {Metric::service_requests, Metric::service_requests_tls, Metric::service_duration,
     Metric::service_request_bytes, Metric::service_response_bytes},
};

// In the order of their names, as Prometheus' own client writes them.
Metrics::Labels labels_of(const Series& series, const Series::Total& total) {
  std::pair<std::string, std::string> code{"code", std::to_string(code_label(total.code))};
  std::pair<std::string, std::string> method{"method", method_label(total.method)};
  std::pair<std::string, std::string> protocol{"protocol", label(total.protocol)};
  switch (series.kind()) {
    case Series::Kind::entry_point:
      return {code, {"entrypoint", series.name()}, method, protocol};
    case Series::Kind::router:
      return {code, method, protocol, {"router", series.name()}, {"service", series.service()}};
    case Series::Kind::service:
      break;
  }
  return {code, method, protocol, {"service", series.name()}};
}

Metrics::Labels labels_of(const Series& series, const Series::TlsTotal& total) {
  std::pair<std::string, std::string> cipher{"tls_cipher", total.cipher};
  std::pair<std::string, std::string> version{"tls_version", total.version};
  switch (series.kind()) {
    case Series::Kind::entry_point:
      return {{"entrypoint", series.name()}, cipher, version};
    case Series::Kind::router:
      return {{"router", series.name()}, {"service", series.service()}, cipher, version};
    case Series::Kind::service:
      break;
  }
  return {{"service", series.name()}, cipher, version};
}

ClientMetric labelled(const Metrics::Labels& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

}  // namespace

struct Metrics::Families {
  std::array<MetricFamily, std::size(kMetrics)> all;

  Families() {
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].name = kMetrics[i].name;
      all[i].help = kMetrics[i].help;
      all[i].type = kMetrics[i].type;
    }
  }
  MetricFamily& of(Metric metric) { return all[static_cast<size_t>(metric)]; }

  void add(Metric id, const Labels& labels, double value) {
    ClientMetric metric = labelled(labels);
    MetricFamily& family = of(id);
    if (family.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }

  void add_histogram(Metric id, const Labels& labels, const Series::Total& total,
                     const std::vector<double>& bounds) {
    ClientMetric metric = labelled(labels);
    uint64_t below = 0;
    for (size_t i = 0; i < bounds.size(); ++i) {
      below += total.buckets[i];
      metric.histogram.bucket.push_back({below, bounds[i]});
    }
    metric.histogram.bucket.push_back({total.requests, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = total.requests;
    metric.histogram.sample_sum = std::chrono::duration<double>(total.duration).count();
    of(id).metric.push_back(std::move(metric));
  }

  std::string text() const {
    std::vector<MetricFamily> filled;
    for (const MetricFamily& family : all) {
      if (!family.metric.empty()) filled.push_back(family);
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, filled);
    return std::move(out).str();
  }
};

std::string Metrics::scrape() {
  std::lock_guard lock(mutex_);
  Families families;
  collect_state(families);
  collect_series(families);
  collect_workers(families);
  collect_process([&families](Metric metric, double value) { families.add(metric, {}, value); });
  for (const auto& [metric, read] : sources_) {
    read(
        [&families, id = metric](Labels labels, double value) { families.add(id, labels, value); });
  }
  forget_unheld();
  return families.text();
}

void Metrics::collect_state(Families& families) const {
  families.add(Metric::config_reloads, {}, static_cast<double>(reloads_.load()));
  families.add(Metric::config_last_reload_success, {}, reloaded_at_.load());
  families.add(Metric::config_version, {}, static_cast<double>(version_.load()));
  for (const auto& [provider, is_connected] : providers_) {
    families.add(Metric::provider_connected, {{"provider", provider}}, is_connected ? 1 : 0);
  }
}

// What is counted for the API alone has no place in a scrape.
bool Metrics::is_shown(const Series& series) const {
  switch (series.kind()) {
    case Series::Kind::entry_point:
      return settings_.has_entry_point_labels;
    case Series::Kind::router:
      return settings_.has_router_labels;
    case Series::Kind::service:
      return settings_.has_service_labels;
  }
  return false;
}

void Metrics::collect_series(Families& families) const {
  for (const auto& [key, series] : series_) {
    if (!is_shown(*series)) continue;
    const RequestMetrics& ids = kRequestMetrics[static_cast<size_t>(series->kind())];
    for (const Series::Total& total : series->totals()) {
      Labels labels = labels_of(*series, total);
      families.add(ids.requests, labels, static_cast<double>(total.requests));
      families.add_histogram(ids.duration, labels, total, buckets_);
      families.add(ids.request_bytes, labels, static_cast<double>(total.request_bytes));
      families.add(ids.response_bytes, labels, static_cast<double>(total.response_bytes));
    }
    for (const Series::TlsTotal& total : series->tls_totals()) {
      families.add(ids.requests_tls, labels_of(*series, total),
                   static_cast<double>(total.requests));
    }
    if (series->kind() != Series::Kind::service || series->retries() == 0) continue;
    families.add(Metric::service_retries, {{"service", series->name()}},
                 static_cast<double>(series->retries()));
  }
}

void Metrics::collect_workers(Families& families) const {
  constexpr auto relaxed = std::memory_order_relaxed;
  for (size_t i = 0; i < settings_.entry_points.size(); ++i) {
    uint64_t open = 0;  // one worker's count may have wrapped below zero, their sum has not
    for (const WorkerCounters& worker : workers_) open += worker.open_[i].load(relaxed);
    Labels labels{{"entrypoint", settings_.entry_points[i]}, {"protocol", "TCP"}};
    families.add(Metric::open_connections, labels, static_cast<double>(static_cast<int64_t>(open)));
  }
  for (size_t i = 0; i < settings_.udp_entry_points.size(); ++i) {
    uint64_t open = 0;
    for (const WorkerCounters& worker : workers_) open += worker.sessions_[i].load(relaxed);
    Labels labels{{"entrypoint", settings_.udp_entry_points[i]}, {"protocol", "UDP"}};
    families.add(Metric::open_connections, labels, static_cast<double>(static_cast<int64_t>(open)));
  }
  for (size_t i = 0; i < kErrorCodes; ++i) {
    uint64_t refused = 0;
    for (const WorkerCounters& worker : workers_) refused += worker.refused_[i].load(relaxed);
    if (refused == 0) continue;
    Labels labels{{"reason", std::string(name(static_cast<Code>(i)))}};
    families.add(Metric::refused_requests, labels, static_cast<double>(refused));
  }
}

}  // namespace fairlead::observe
