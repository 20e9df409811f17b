// What nghttp2 calls while it parses and writes frames, translated into H2Session's own terms.
// Private to src/http/codec.
#pragma once

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "http/codec/h2_session.h"

namespace fairlead::http {

struct H2Callbacks {
  // One table for all sessions of the process.
  static const nghttp2_session_callbacks* table();
  // Where the DATA frames of a response come from: the stream's current chunk.
  static nghttp2_data_provider body_source();

  // Null when its owner has forgotten it, or there is none.
  static H2Stream* stream_of(nghttp2_session* session, int32_t id);
  static void on_frame(H2Session& self, const nghttp2_frame& frame);
  static void on_sent_frame(H2Session& self, const nghttp2_frame& frame);
};

}  // namespace fairlead::http
