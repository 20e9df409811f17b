// The answer to a message that did not become a request: a status and its reason, nothing of what
// was received. The connection is closed after it. One worker.
#pragma once

#include "base/result.h"
#include "io/stream.h"

namespace fairlead::http {

// The HTTP status of a head that was refused: 400, 408, 414, 417, 431, 501, 505.
unsigned refusal_status(Code code);
io::Task<Result<void>> write_refusal(io::Stream& stream, Error error);

}  // namespace fairlead::http
