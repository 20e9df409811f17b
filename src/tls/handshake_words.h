// OpenSSL's numbers in our terms: versions for logs, reasons of failed handshakes as error codes.
// Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace fairlead::tls {

// "1.3": Traefik's words in logs and metrics.
std::string_view version_text(int version);
// `reason` is ERR_GET_REASON's; of a handshake with a client, or with an upstream.
Code handshake_code(int reason);
Code upstream_handshake_code(int reason, long verify_result);

}  // namespace fairlead::tls
