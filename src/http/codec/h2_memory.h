// nghttp2's allocations from the thread's BlockPool, so that a warm worker serves HTTP/2 without
// the global heap. What a session takes it gives back on the same thread.
#pragma once

#include <nghttp2/nghttp2.h>

namespace fairlead::http {

// For nghttp2_session_server_new3() and its like, which keep no reference to it.
nghttp2_mem* pooled_memory();

}  // namespace fairlead::http
