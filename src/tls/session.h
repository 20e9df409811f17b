// What a client's finished handshake agreed on. Owned by the connection's TlsStream.
#pragma once

#include <string>
#include <string_view>

#include "tls/server_context.h"

namespace fairlead::tls {

struct Session {
  std::string_view version;   // "1.3"; static text
  std::string_view cipher;    // "TLS_AES_128_GCM_SHA256"; static text
  std::string_view protocol;  // ALPN: "h2", "http/1.1", "" = none; static text
  std::string server_name;    // lower-case, "" = none
  bool is_resumed = false;
  ServerContextPtr context;
};

}  // namespace fairlead::tls
