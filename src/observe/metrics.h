// All counters of the process. Workers add to counters of their own (relaxed, one writer each); the
// control thread makes the series of routers and services when it compiles a snapshot, and tells of
// reloads and providers; a scrape merges everything into the Prometheus text format. Owned by the
// server, outlives workers and snapshots.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "observe/series.h"

namespace fairlead::observe {

enum class Metric : uint8_t {
#define FAIRLEAD_METRIC(id, type, name, help) id,
#include "observe/metric_names.inc"
#undef FAIRLEAD_METRIC
};

inline constexpr size_t kErrorCodes = 0
#define FAIRLEAD_CODE(name, words) +1
#include "base/error_codes.inc"
#undef FAIRLEAD_CODE
    ;

struct MetricsSettings {
  std::vector<std::string> entry_points, udp_entry_points;
  std::vector<double> buckets{0.1, 0.3, 1.2, 5.0};  // seconds; sorted by Metrics
  bool has_entry_point_labels = true;
  bool has_router_labels = false;
  bool counts_all = false;  // for each_series(), also what no scrape shows
  bool has_service_labels = true;
};

// What one worker counts besides requests. Only that worker writes.
class WorkerCounters {
 public:
  // `entry_point` is the place in MetricsSettings::entry_points.
  void connection_opened(size_t entry_point) { bump(open_[entry_point], 1); }
  void connection_closed(size_t entry_point) { bump(open_[entry_point], ~uint64_t{0}); }
  // The same of UDP; the place is in MetricsSettings::udp_entry_points.
  void session_opened(size_t entry_point) { bump(sessions_[entry_point], 1); }
  void session_closed(size_t entry_point) { bump(sessions_[entry_point], ~uint64_t{0}); }
  // A request that was answered by ourselves because of `why`, or broken off.
  void refused(Code why) { bump(refused_[static_cast<size_t>(why)], 1); }

 private:
  friend class Metrics;
  std::unique_ptr<std::atomic<uint64_t>[]> open_, sessions_, refused_;
};

class Metrics {
 public:
  Metrics(MetricsSettings settings, unsigned workers);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  WorkerCounters& worker(unsigned index) { return workers_[index]; }

  // Control thread. The same series for the same name while anybody holds it; null when its labels
  // are switched off. A series nobody holds any more is shown by one scrape and then forgotten.
  std::shared_ptr<const Series> entry_point(std::string_view name);
  std::shared_ptr<const Series> router(std::string_view name, std::string_view service);
  std::shared_ptr<const Series> service(std::string_view name);

  // Control thread.
  void reloaded(uint64_t version, std::chrono::system_clock::time_point at);
  void provider_connected(std::string_view provider, bool is_connected);

  // Values that live elsewhere (health of servers, certificates, dropped lines): `read` runs during
  // every scrape, on the scraping thread, and calls `emit` once a series. Before the first scrape.
  using Labels = std::vector<std::pair<std::string, std::string>>;
  using Emit = std::function<void(Labels, double)>;
  void add_source(Metric metric, std::function<void(const Emit&)> read);

  // Calls `show` with every series that is counted. Any thread; scrapes wait meanwhile.
  void each_series(const std::function<void(const Series&)>& show);
  const std::vector<double>& buckets() const { return buckets_; }  // upper bounds, in seconds

  // The whole scrape, as `text/plain; version=0.0.4`. Any thread; one at a time, the others wait.
  std::string scrape();
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Families;
  using Key = std::tuple<Series::Kind, std::string, std::string>;

  std::shared_ptr<const Series> series(Series::Kind kind, std::string_view name,
                                       std::string_view service);
  void forget_unheld();
  bool is_shown(const Series& series) const;
  void collect_series(Families& families) const;
  void collect_workers(Families& families) const;
  void collect_state(Families& families) const;

  const MetricsSettings settings_;
  std::vector<std::chrono::nanoseconds> bounds_;
  std::vector<double> buckets_;
  std::vector<WorkerCounters> workers_;
  std::atomic<uint64_t> reloads_{0}, version_{0};
  std::atomic<double> reloaded_at_{0};

  std::mutex mutex_;  // of everything below
  std::map<Key, std::shared_ptr<Series>> series_;
  size_t sweep_at_ = 1024;  // how many series are too many when nobody scrapes
  std::map<std::string, bool, std::less<>> providers_;
  std::vector<std::pair<Metric, std::function<void(const Emit&)>>> sources_;
};

}  // namespace fairlead::observe
