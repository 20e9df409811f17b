// Any bytes as the begin of a connection that may carry a PROXY header: the outcome does not depend
// on how they are cut, and no more is taken than was there.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "io/proxy_header.h"

using namespace fairlead;
using State = io::ProxyHeaderParser::State;

namespace {

struct Outcome {
  Code code = Code::ok;
  State state = State::more;
  size_t taken = 0;
  std::string source, destination;
};

Outcome parse(std::string_view bytes, size_t step) {
  io::ProxyHeaderParser parser;
  Outcome out;
  size_t arrived = 0;
  while (out.state == State::more && arrived < bytes.size()) {
    arrived = std::min(arrived + step, bytes.size());
    auto fed = parser.feed(bytes.substr(out.taken, arrived - out.taken));
    if (!fed) {
      out.code = fed.error().code;
      return out;
    }
    FAIRLEAD_CHECK(out.taken + fed->taken <= arrived);
    FAIRLEAD_CHECK(fed->state != State::absent || (fed->taken == 0 && out.taken == 0));
    out.taken += fed->taken;
    out.state = fed->state;
  }
  if (out.state != State::found) return out;
  if (parser.source().is_set()) out.source = parser.source().text();
  if (parser.destination().is_set()) out.destination = parser.destination().text();
  FAIRLEAD_CHECK(out.source.empty() == out.destination.empty());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  Outcome whole = parse(input, std::max<size_t>(size, 1));
  for (size_t step : {size_t{1}, size_t{5}}) {
    Outcome pieces = parse(input, step);
    FAIRLEAD_CHECK(pieces.code == whole.code);
    if (whole.code != Code::ok) continue;
    FAIRLEAD_CHECK(pieces.state == whole.state);
    FAIRLEAD_CHECK(pieces.taken == whole.taken);
    FAIRLEAD_CHECK(pieces.source == whole.source);
  }
  return 0;
}
