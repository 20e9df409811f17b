#include "middleware/ip_strategy.h"

#include <optional>

namespace fairlead::middleware {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Visits the entries of all X-Forwarded-For fields from the last to the first until the visitor
// returns true. Several fields count as one list (RFC 9110 §5.2); looking at the first alone would
// let a client choose its address.
template <class Visit>
void visit_forwarded(const http::HeaderMap& headers, Visit visit) {
  auto fields = headers.fields();
  for (size_t i = fields.size(); i-- > 0;) {
    if (fields[i].id != http::FieldId::x_forwarded_for) continue;
    std::string_view rest = fields[i].value;
    while (true) {
      size_t comma = rest.rfind(',');
      bool is_first = comma == std::string_view::npos;
      if (visit(trimmed(is_first ? rest : rest.substr(comma + 1)))) return;
      if (is_first) break;
      rest = rest.substr(0, comma);
    }
  }
}

}  // namespace

IpStrategy IpStrategy::read(config::Reader& options) {
  IpStrategy strategy;
  options.child("ipStrategy", [&](config::Reader& reader) { strategy.read_options(reader); });
  return strategy;
}

void IpStrategy::read_options(config::Reader& options) {
  int64_t depth = 0;
  if (options.read("depth", depth)) {
    if (depth < 0 || depth > INT32_MAX) {
      options.error("depth", "must not be negative; 1 is the rightmost entry of X-Forwarded-For");
    } else {
      depth_ = static_cast<uint32_t>(depth);
    }
  }
  excluded_.read(options, "excludedIPs");
  if (depth_ > 0 && !excluded_.empty()) {
    options.warning("excludedIPs", "is ignored because depth is set");
  }
  int64_t bits = 128;
  if (!options.read("ipv6Subnet", bits)) return;
  if (bits < 0 || bits > 128) {
    options.error("ipv6Subnet", "must be a prefix length from 0 to 128, for instance 64");
  } else if (depth_ == 0 && !excluded_.empty()) {
    options.warning("ipv6Subnet", "is ignored together with excludedIPs");
  } else {
    ipv6_bits_ = static_cast<unsigned>(bits);
  }
}

Ip IpStrategy::subnet(Ip ip) const {
  return ip.is_set() && !ip.is_v4() && ipv6_bits_ < 128 ? ip.first_of(ipv6_bits_) : ip;
}

Ip IpStrategy::client(const pipeline::Exchange& x) const {
  if (depth_ > 0) {
    uint32_t left = depth_;
    std::string_view entry;
    visit_forwarded(x.request.headers, [&](std::string_view text) {
      if (--left == 0) entry = text;
      return left == 0;
    });
    return subnet(Ip::parse(entry).value_or(Ip()));
  }
  if (!excluded_.empty()) {
    std::optional<Ip> found;
    visit_forwarded(x.request.headers, [&](std::string_view text) {
      if (text.empty()) return false;
      Ip ip = Ip::parse(text).value_or(Ip());
      if (excluded_.contains(ip)) return false;
      found = ip;
      return true;
    });
    return found.value_or(Ip());
  }
  return x.peer != nullptr ? subnet(Ip::from_bytes(x.peer->ip_bytes())) : Ip();
}

}  // namespace fairlead::middleware
