// What the expressions of circuitBreaker ask about: the requests of the last ten seconds by status,
// and how long their answers took. Rolls on in steps of a second. Not locked; told the time.
#pragma once

#include <array>
#include <span>

#include "io/timer_wheel.h"
#include "middleware/expression.h"

namespace fairlead::middleware {

inline constexpr ExpressionFunction kBreakerFunctions[] = {
    {"NetworkErrorRatio", 0},
    {"ResponseCodeRatio", 4},
    {"LatencyAtQuantileMS", 1},
    {"RequestThreshold", 0},
};

class BreakerMetrics final : public ExpressionFacts {
 public:
  void note(unsigned status, io::Duration latency, io::TimePoint now);
  void reset();

  // Network errors are answers 502 and 504, as Traefik counts them.
  double network_error_ratio() const;
  // from <= status < to, divided by the same of the second pair.
  double response_code_ratio(double from, double to, double by_from, double by_to) const;
  // 0 <= quantile <= 100; within 4%.
  double latency_at_quantile_ms(double quantile) const;
  uint64_t requests() const { return requests_; }

  double value(size_t function, std::span<const double> arguments) const override;

 private:
  static constexpr size_t kSteps = 10;
  static constexpr size_t kStatuses = 600;
  // 16 for every doubling, up to more than an hour.
  static constexpr size_t kPerDoubling = 16;
  static constexpr size_t kLatencies = kPerDoubling * 20;

  struct Step {
    int64_t second = 0;
    uint32_t requests = 0;
    std::array<uint32_t, kStatuses> statuses{};
    std::array<uint32_t, kLatencies> latencies{};
  };

  void roll(int64_t second);
  void forget(Step& step);
  uint64_t statuses_between(double from, double to) const;
  static size_t place_of(io::Duration latency);
  static double latency_at(size_t place);

  std::array<Step, kSteps> steps_{};
  // Sums over the steps.
  uint64_t requests_ = 0;
  std::array<uint32_t, kStatuses> statuses_{};
  std::array<uint32_t, kLatencies> latencies_{};
};

}  // namespace fairlead::middleware
