// One connection along its TCP route: middlewares, the end of TLS where the route asks for it, a
// server, then bytes both ways until both ends have finished. Holds nothing of the snapshot while
// bytes flow. One worker.
#pragma once

#include "server/sort_connection.h"
#include "tcp/route.h"

namespace fairlead::server {

enum class ClientAsked : uint8_t { nothing, postgres_for_tls };

// What the client has sent so far has been given back to the stream. `server_name` is for finding
// the route again in a newer configuration when no server of this one answers.
io::Task<void> serve_tcp(io::StreamPtr stream, std::shared_ptr<const tcp::Route> route,
                         ClientAsked asked, Arrival at);

}  // namespace fairlead::server
