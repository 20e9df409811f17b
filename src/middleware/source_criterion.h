// What tells the sources of requests apart for a limiter: the client's address, a field, the host.
// The object `sourceCriterion`. Immutable.
#pragma once

#include <string>
#include <string_view>

#include "middleware/ip_strategy.h"

namespace fairlead::middleware {

class SourceCriterion {
 public:
  enum class Kind : uint8_t { ip, field, host };

  // `otherwise` is what counts when the configuration says nothing.
  static SourceCriterion read(config::Reader& options, Kind otherwise);

  // The source of a request on its router: limits count per router. In the exchange's arena.
  // Requests that lack what is asked for are one source.
  std::string_view source(pipeline::Exchange& x) const;

 private:
  void read_options(config::Reader& options);

  Kind kind_ = Kind::ip;
  IpStrategy ip_;
  std::string field_;
};

}  // namespace fairlead::middleware
