// What a request may say about who sent it: X-Forwarded-* are kept from trusted peers only, and set
// by us for the next hop. Traefik's rules and names. Runs before any middleware; X-Forwarded-For
// itself is appended after them (proxy/forwarded_for.h).
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "io/address.h"
#include "pipeline/exchange.h"

namespace fairlead::server {

// An address range; the text was checked when the configuration was read.
struct TrustedRange {
  std::string bytes;  // 4 or 16, network order
  unsigned bits = 0;
  bool contains(std::string_view address) const;
};
// "10.0.0.0/8", "::1"; false when malformed.
bool parse_range(std::string_view text, TrustedRange& range);

struct ForwardedHeadersPolicy {
  bool trusts_everyone = false;
  std::vector<TrustedRange> trusted;
  bool appends_forwarded_for = true;
  bool adds_scheme_headers = false;  // X-Forwarded-Scheme and X-Scheme too
  std::string server_name;           // X-Forwarded-Server: the host's name
  uint16_t entry_port = 0;
  // Fields that Connection may name and that middlewares see all the same.
  std::vector<std::string> kept_connection_fields;

  bool trusts(const io::Address& peer) const;
};

void apply_forwarded_headers(pipeline::Exchange& x, const ForwardedHeadersPolicy& policy);

}  // namespace fairlead::server
