#include "http/server/h2_websocket.h"

#include "base/base64.h"
#include "tls/digest.h"

namespace fairlead::http {

void begin_websocket(RequestHead& head, Arena& arena) {
  // RFC 6455 §4.1: sixteen random bytes. What they are proves nothing to anyone behind a proxy.
  char nonce[16] = {};
  (void)tls::fill_random(nonce, sizeof nonce);
  std::string key = base64_encode({nonce, sizeof nonce});
  head.headers.set(FieldId::sec_websocket_key, arena.copy(key));
  if (head.headers.find(FieldId::sec_websocket_version) == nullptr) {
    head.headers.add(FieldId::sec_websocket_version, "13");
  }
  head.wants_upgrade = true;
  head.upgrade = "websocket";
}

}  // namespace fairlead::http
