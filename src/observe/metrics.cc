#include "observe/metrics.h"

#include <algorithm>
#include <cmath>

namespace fairlead::observe {
namespace {

std::vector<double> sorted(std::vector<double> bounds) {
  std::erase_if(bounds, [](double bound) { return !std::isfinite(bound); });
  std::ranges::sort(bounds);
  auto repeats = std::ranges::unique(bounds);
  bounds.erase(repeats.begin(), repeats.end());
  return bounds;
}

}  // namespace

Metrics::Metrics(MetricsSettings settings, unsigned workers)
    : settings_(std::move(settings)), buckets_(sorted(settings_.buckets)), workers_(workers) {
  for (double bound : buckets_) {
    bounds_.push_back(std::chrono::nanoseconds(std::llround(bound * 1e9)));
  }
  for (WorkerCounters& worker : workers_) {
    worker.open_ = std::make_unique<std::atomic<uint64_t>[]>(settings_.entry_points.size());
    worker.sessions_ = std::make_unique<std::atomic<uint64_t>[]>(settings_.udp_entry_points.size());
    worker.refused_ = std::make_unique<std::atomic<uint64_t>[]>(kErrorCodes);
  }
}

Metrics::~Metrics() = default;

std::shared_ptr<const Series> Metrics::entry_point(std::string_view name) {
  if (!settings_.has_entry_point_labels && !settings_.counts_all) return nullptr;
  return series(Series::Kind::entry_point, name, {});
}

std::shared_ptr<const Series> Metrics::router(std::string_view name, std::string_view service) {
  if (!settings_.has_router_labels && !settings_.counts_all) return nullptr;
  return series(Series::Kind::router, name, service);
}

std::shared_ptr<const Series> Metrics::service(std::string_view name) {
  if (!settings_.has_service_labels && !settings_.counts_all) return nullptr;
  return series(Series::Kind::service, name, {});
}

std::shared_ptr<const Series> Metrics::series(Series::Kind kind, std::string_view name,
                                              std::string_view service) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Series>& known = series_[Key(kind, name, service)];
  if (!known) {
    known = std::make_shared<Series>(kind, std::string(name), std::string(service), bounds_,
                                     static_cast<unsigned>(workers_.size()));
  }
  std::shared_ptr<const Series> held = known;
  if (series_.size() >= sweep_at_) {
    forget_unheld();
    sweep_at_ = std::max<size_t>(1024, series_.size() * 2);
  }
  return held;
}

// Only the map's own pointer is left: the last snapshot that used it is gone, so no worker can
// count into it, and only series() makes new holders, under the lock.
void Metrics::forget_unheld() {
  std::erase_if(series_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

void Metrics::each_series(const std::function<void(const Series&)>& show) {
  std::lock_guard lock(mutex_);
  for (const auto& [key, series] : series_) show(*series);
}

void Metrics::reloaded(uint64_t version, std::chrono::system_clock::time_point at) {
  bump(reloads_, 1);
  version_.store(version, std::memory_order_relaxed);
  auto seconds = std::chrono::duration<double>(at.time_since_epoch()).count();
  reloaded_at_.store(std::floor(seconds), std::memory_order_relaxed);
}

void Metrics::provider_connected(std::string_view provider, bool is_connected) {
  std::lock_guard lock(mutex_);
  providers_.insert_or_assign(std::string(provider), is_connected);
}

void Metrics::add_source(Metric metric, std::function<void(const Emit&)> read) {
  std::lock_guard lock(mutex_);
  sources_.emplace_back(metric, std::move(read));
}

}  // namespace fairlead::observe
