// The first steps of a connection on an entry point that serves TLS: whether the client speaks it,
// and if so, the handshake with what the current snapshot has for the name it asks for. One worker.
#pragma once

#include "server/serve.h"
#include "tls/tls_stream.h"

namespace fairlead::server {

// By the first byte, which is left where it is. `fresh` is cancelled when a drain will not wait for
// it any longer.
io::Task<Result<bool>> speaks_tls(io::Stream& stream, io::Duration first_byte, io::Scope* fresh,
                                  io::Scope& scope);

// Until the handshake is done or `limit` has passed.
io::Task<Result<void>> accept_tls(tls::TlsStream& stream, size_t entry_point, io::Duration limit,
                                  WorkerServices& services, io::Scope& scope);

}  // namespace fairlead::server
