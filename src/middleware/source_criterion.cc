#include "middleware/source_criterion.h"

#include "middleware/fields.h"
#include "pipeline/route.h"

namespace fairlead::middleware {

SourceCriterion SourceCriterion::read(config::Reader& options, Kind otherwise) {
  SourceCriterion criterion;
  criterion.kind_ = otherwise;
  options.child("sourceCriterion", [&](config::Reader& reader) { criterion.read_options(reader); });
  return criterion;
}

void SourceCriterion::read_options(config::Reader& options) {
  int said = 0;
  if (options.raw("ipStrategy") != nullptr) {
    ip_ = IpStrategy::read(options);
    kind_ = Kind::ip;
    ++said;
  }
  if (options.read("requestHeaderName", field_) && !field_.empty()) {
    if (!is_field_name(field_)) {
      options.error("requestHeaderName", "\"" + field_ + "\" is not the name of a header field");
    }
    kind_ = Kind::field;
    ++said;
  }
  bool is_host = false;
  if (options.read("requestHost", is_host) && is_host) {
    kind_ = Kind::host;
    ++said;
  }
  if (said > 1) {
    options.error("", "takes one of ipStrategy, requestHeaderName and requestHost, not several");
  }
}

std::string_view SourceCriterion::source(pipeline::Exchange& x) const {
  std::string_view router = x.route != nullptr ? std::string_view(x.route->name) : "";
  constexpr std::string_view kBetween("\0", 1);
  switch (kind_) {
    case Kind::ip: {
      Ip ip = ip_.client(x);
      return x.arena.join(router, kBetween, ip.bytes());
    }
    case Kind::field:
      return x.arena.join(router, kBetween, x.request.headers.get(field_));
    case Kind::host:
      return x.arena.join(router, kBetween, x.request.host);
  }
  return {};
}

}  // namespace fairlead::middleware
