// What the parts of an HTTP/2 connection share: its codec, its socket's scope, the wake-up of the
// loop that writes. Private to src/http/server. Owned by the connection; one worker.
#pragma once

#include "http/codec/h2_session.h"
#include "http/server/h1_connection.h"

namespace fairlead::http {

struct H2Link {
  H2Link(H2Events& events, const H2Limits& limits, const ServerSettings& settings,
         io::Scope* parent)
      : session(events, limits), settings(settings), scope(parent) {}

  // Something may have to be written.
  void wake_writer() { writable.set(); }

  H2Session session;
  const ServerSettings& settings;
  io::Scope scope;  // of everything on this connection; cancelled when it has ended
  io::Event writable;
  bool is_closing = false;  // nothing more is to be sent but what the codec has queued
};

}  // namespace fairlead::http
