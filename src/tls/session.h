// What a client's finished handshake agreed on. Owned by the connection's TlsStream.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/server_context.h"

namespace fairlead::tls {

struct Session {
  std::string_view version;   // "1.3"; static text
  std::string_view cipher;    // "TLS_AES_128_GCM_SHA256"; static text
  std::string_view protocol;  // ALPN: "h2", "http/1.1", "" = none; static text
  std::string server_name;    // lower-case, "" = none
  bool is_resumed = false;
  // What the client showed of itself, in DER: its own first, then the authorities that it sent
  // along (not on resumed sessions). Empty: nothing.
  std::vector<std::string> client_certificates;
  ServerContextPtr context;
};

}  // namespace fairlead::tls
