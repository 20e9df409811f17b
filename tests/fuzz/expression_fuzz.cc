// Any bytes as an expression: what parses is judged without harm, what does not says where and why.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "middleware/breaker_metrics.h"

namespace {

using namespace fairlead::middleware;

struct Facts final : ExpressionFacts {
  double value(size_t function, std::span<const double> arguments) const override {
    if (arguments.size() != kBreakerFunctions[function].arguments) std::abort();
    double sum = static_cast<double>(function);
    for (double argument : arguments) sum += argument;
    return sum;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto parsed = Expression::parse(text, kBreakerFunctions);
  if (parsed) {
    bool first = parsed->holds(Facts{});
    if (first != parsed->holds(Facts{})) std::abort();
    (void)parsed->holds(BreakerMetrics{});
  } else if (parsed.error().position > size || parsed.error().message.empty()) {
    std::abort();
  }
  return 0;
}
