// What redirectScheme and redirectRegex share: the URL a request was made to, and the answer that
// sends the client elsewhere. Text lives in the exchange's arena.
#pragma once

#include <string_view>

#include "config/reader.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

enum class Permanence : uint8_t { temporary, permanent };

struct UrlParts {
  std::string_view scheme;
  std::string_view host;    // IPv6 in brackets
  std::string_view port;    // with its colon; "" when it is the scheme's own
  std::string_view target;  // path and query
};

// As the connection says: "https" when it was TLS.
std::string_view connection_scheme(const pipeline::Exchange& x);
UrlParts url_of(pipeline::Exchange& x, std::string_view scheme);
std::string_view join_url(Arena& arena, const UrlParts& parts);

// 302 (301 when permanent) for GET, otherwise 307 (308), which keep the method. What may not stand
// in a URL is escaped.
// `status` stands in for them unless it is 0.
pipeline::Response redirect(pipeline::Exchange& x, std::string_view location, Permanence permanence,
                            unsigned status = 0);
// Option `statusCode`, 300 to 308; 0 without it.
unsigned read_redirect_status(config::Reader& options);

}  // namespace fairlead::middleware
