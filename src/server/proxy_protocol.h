// The first step of a connection on an entry point with `proxyProtocol`: the PROXY header, if there
// is one, is taken off the stream, and from a peer that we believe the addresses it names become
// the stream's. One worker.
#pragma once

#include <vector>

#include "io/scope.h"
#include "io/stream.h"
#include "server/forwarded_headers.h"

namespace fairlead::server {

// Of an entry point; outlives its connections.
struct ProxyProtocolPolicy {
  bool is_on = false;
  bool trusts_everyone = false;
  std::vector<TrustedRange> trusted;

  // A Unix socket's peer is believed: who may connect there is decided by the file's mode.
  bool trusts(const io::Address& peer) const;
};

// A connection without a header goes on as it is, and so does one whose header is not believed.
// `fresh` is cancelled when a drain will not wait for it any longer. Errors: bad_proxy_header,
// client_header_timeout, closed, reset.
io::Task<Result<void>> take_proxy_header(io::Stream& stream, const ProxyProtocolPolicy& policy,
                                         io::Duration limit, io::Scope* fresh, io::Scope& scope);

}  // namespace fairlead::server
