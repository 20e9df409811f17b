// What nghttp2 calls while it parses and writes frames of a connection to an upstream, translated
// into H2ClientSession's own terms. Private to src/http/codec.
#pragma once

#include <nghttp2/nghttp2.h>

#include "http/codec/h2_client_session.h"

namespace fairlead::http {

struct H2ClientCallbacks {
  // One table for all sessions of the process.
  static const nghttp2_session_callbacks* table();
  // Where the DATA frames of a request come from: the call's current chunk.
  static nghttp2_data_provider body_source();

 private:
  static H2ClientSession& self(void* user) { return *static_cast<H2ClientSession*>(user); }
  static H2Call* call_of(nghttp2_session* session, int32_t id);

  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t flags,
                    void* user);
  static int invalid_header(nghttp2_session* session, const nghttp2_frame* frame,
                            const uint8_t* name, size_t name_bytes, const uint8_t* value,
                            size_t value_bytes, uint8_t flags, void* user);
  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int data_chunk(nghttp2_session* session, uint8_t flags, int32_t id, const uint8_t* bytes,
                        size_t count, void* user);
  static int stream_closed(nghttp2_session* session, int32_t id, uint32_t code, void* user);
  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int why,
                            void* user);
  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t*, size_t room,
                           uint32_t* flags, nghttp2_data_source*, void* user);
  static int send_data(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* header,
                       size_t bytes, nghttp2_data_source*, void* user);
};

}  // namespace fairlead::http
