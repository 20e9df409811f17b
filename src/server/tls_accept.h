// The first steps of a connection on an entry point that serves TLS: whether the client speaks it,
// and if so, the handshake with what the current snapshot has for the name it asks for. One worker.
#pragma once

#include <optional>

#include "server/serve.h"
#include "tls/tls_stream.h"

namespace fairlead::server {

// By the first byte, which is left where it is. `fresh` is cancelled when a drain will not wait for
// it any longer.
io::Task<Result<bool>> speaks_tls(io::Stream& stream, io::Duration first_byte, io::Scope* fresh,
                                  io::Scope& scope);

// The options a TCP router has for its clients, instead of those of the entry point's hosts; null
// inside: broken, the client is refused.
using OwnContext = std::optional<tls::ServerContextPtr>;

// Until the handshake is done or `limit` has passed.
io::Task<Result<void>> accept_tls(tls::TlsStream& stream, size_t entry_point, OwnContext own,
                                  io::Duration limit, WorkerServices& services, io::Scope& scope);

}  // namespace fairlead::server
