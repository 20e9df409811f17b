#include "middleware/breaker_metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fairlead::middleware {

size_t BreakerMetrics::place_of(io::Duration latency) {
  auto ms = static_cast<uint64_t>(std::max<int64_t>(latency.count(), 0));
  if (ms < kPerDoubling) return ms;  // one millisecond each
  auto doublings = static_cast<size_t>(std::bit_width(ms)) - std::bit_width(kPerDoubling);
  size_t within = (ms >> doublings) - kPerDoubling;
  return std::min(kPerDoubling * (doublings + 1) + within, kLatencies - 1);
}

// The middle of a place.
double BreakerMetrics::latency_at(size_t place) {
  if (place < kPerDoubling) return static_cast<double>(place);
  size_t doublings = place / kPerDoubling - 1;
  size_t low = (kPerDoubling + place % kPerDoubling) << doublings;
  return static_cast<double>(low) + static_cast<double>((size_t{1} << doublings) - 1) / 2;
}

void BreakerMetrics::forget(Step& step) {
  if (step.requests == 0) return;
  requests_ -= step.requests;
  for (size_t i = 0; i < kStatuses; ++i) statuses_[i] -= step.statuses[i];
  for (size_t i = 0; i < kLatencies; ++i) latencies_[i] -= step.latencies[i];
  step.requests = 0;
  step.statuses.fill(0);
  step.latencies.fill(0);
}

void BreakerMetrics::roll(int64_t second) {
  for (Step& step : steps_) {
    if (step.second <= second - static_cast<int64_t>(kSteps)) forget(step);
  }
}

void BreakerMetrics::note(unsigned status, io::Duration latency, io::TimePoint now) {
  int64_t second = now.time_since_epoch().count() / 1000;
  Step& step = steps_[static_cast<size_t>(second) % kSteps];
  if (step.second != second) {
    roll(second);
    step.second = second;
  }
  unsigned known = std::min<unsigned>(status, kStatuses - 1);
  size_t place = place_of(latency);
  ++step.requests;
  ++step.statuses[known];
  ++step.latencies[place];
  ++requests_;
  ++statuses_[known];
  ++latencies_[place];
}

void BreakerMetrics::reset() {
  for (Step& step : steps_) forget(step);
}

double BreakerMetrics::network_error_ratio() const {
  if (requests_ == 0) return 0;
  return static_cast<double>(statuses_[502] + statuses_[504]) / static_cast<double>(requests_);
}

uint64_t BreakerMetrics::statuses_between(double from, double to) const {
  uint64_t total = 0;
  for (size_t status = 0; status < kStatuses; ++status) {
    auto number = static_cast<double>(status);
    if (number >= from && number < to) total += statuses_[status];
  }
  return total;
}

double BreakerMetrics::response_code_ratio(double from, double to, double by_from,
                                           double by_to) const {
  uint64_t all = statuses_between(by_from, by_to);
  if (all == 0) return 0;
  return static_cast<double>(statuses_between(from, to)) / static_cast<double>(all);
}

double BreakerMetrics::latency_at_quantile_ms(double quantile) const {
  if (requests_ == 0) return 0;
  auto rank = static_cast<uint64_t>(std::ceil(quantile / 100 * static_cast<double>(requests_)));
  rank = std::clamp<uint64_t>(rank, 1, requests_);
  uint64_t below = 0;
  for (size_t place = 0; place < kLatencies; ++place) {
    below += latencies_[place];
    if (below >= rank) return latency_at(place);
  }
  return latency_at(kLatencies - 1);
}

double BreakerMetrics::value(size_t function, std::span<const double> arguments) const {
  switch (function) {
    case 0:
      return network_error_ratio();
    case 1:
      return response_code_ratio(arguments[0], arguments[1], arguments[2], arguments[3]);
    case 2:
      return latency_at_quantile_ms(arguments[0]);
    default:
      return static_cast<double>(requests_);
  }
}

}  // namespace fairlead::middleware
