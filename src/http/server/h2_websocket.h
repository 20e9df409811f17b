// A WebSocket over HTTP/2 (RFC 8441) in the terms of HTTP/1, which is what upstreams speak. Pure.
#pragma once

#include "http/message.h"

namespace fairlead::http {

// Makes the head of an extended CONNECT an upgrade request: the key that HTTP/2 leaves out, the
// version when absent.
void begin_websocket(RequestHead& head, Arena& arena);

}  // namespace fairlead::http
