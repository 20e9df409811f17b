// Closing so that the peer gets the last answer: bytes that arrive after a plain close() would
// reset the connection and may destroy the answer on its way (RFC 9112 §9.6). One worker.
#pragma once

#include "io/stream.h"

namespace fairlead::http {

// Half-closes, then reads and discards until the peer has closed too, within limits of time and
// bytes. The caller closes.
io::Task<void> linger(io::Stream& stream);

}  // namespace fairlead::http
