// What the UDP entry points listen on: a socket for each worker, so that the kernel keeps a client
// with one of them. Those that systemd made are taken. Control thread.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "server/inherited_sockets.h"
#include "server/options.h"
#include "server/worker.h"

namespace fairlead::server {

// For each worker, descriptors of its own; on failure says which address and why.
std::expected<std::vector<std::vector<Worker::Listening>>, std::string> open_datagram_sockets(
    const std::vector<UdpEntryPointOptions>& entry_points, unsigned workers,
    InheritedSockets& inherited);

}  // namespace fairlead::server
