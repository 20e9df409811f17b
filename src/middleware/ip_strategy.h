// Which address counts as the client's: the socket's peer, an entry of X-Forwarded-For counted from
// the right, or the rightmost entry that is not one of our own proxies. The object `ipStrategy` of
// lists and limiters. Immutable.
#pragma once

#include "config/reader.h"
#include "middleware/ip_range.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

class IpStrategy {
 public:
  // Of the member `ipStrategy`; absent means the socket's peer.
  static IpStrategy read(config::Reader& options);

  // Unset when the request does not carry the entry asked for, or it is not an address.
  Ip client(const pipeline::Exchange& x) const;

 private:
  void read_options(config::Reader& options);
  Ip subnet(Ip ip) const;

  uint32_t depth_ = 0;        // 1 is the rightmost entry; 0 means not by depth
  unsigned ipv6_bits_ = 128;  // addresses that share so many bits are one client
  IpSet excluded_;
};

}  // namespace fairlead::middleware
