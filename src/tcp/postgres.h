// PostgreSQL's way into TLS: the client asks first, in clear text, and speaks TLS when the answer
// is "S" (PostgreSQL manual, "Message Formats": SSLRequest). Pure, but for asking a server.
#pragma once

#include <string_view>

#include "io/stream.h"

namespace fairlead::tcp {

inline constexpr std::string_view kPostgresSslRequest("\0\0\0\x08\x04\xd2\x16\x2f", 8);
// The same for GSSAPI encryption; "N" sends the client on to ask for TLS, or to go without.
inline constexpr std::string_view kPostgresGssRequest("\0\0\0\x08\x04\xd2\x16\x30", 8);

// `bytes` may yet become, or is, the begin of one of the two.
inline bool may_be_postgres_request(std::string_view bytes) {
  size_t size = std::min(bytes.size(), kPostgresSslRequest.size());
  return kPostgresSslRequest.starts_with(bytes.substr(0, size)) ||
         kPostgresGssRequest.starts_with(bytes.substr(0, size));
}

// Asks a server for TLS on behalf of a client whose TLS is passed through to it. Errors: refused
// when it does not want to.
io::Task<Result<void>> ask_postgres_for_tls(io::Stream& server, io::Timeout limit);

}  // namespace fairlead::tcp
