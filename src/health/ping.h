// Asks a server for a sign of life, not for its health: can it be connected to; does it say
// anything at all. A ping is OPTIONS * (RFC 9110 §9.3.7 gives it this very use), and any answer
// counts, an error or a closed connection too: a process that is stopped does neither. Control
// thread.
#pragma once

#include "fetch/client.h"
#include "io/resolver.h"
#include "upstream/health_table.h"

namespace fairlead::health {

io::Task<bool> can_connect(const upstream::HealthTable::Entry& entry, io::Resolver& resolver,
                           io::Duration limit, io::Scope& scope);

io::Task<bool> answers_ping(const upstream::HealthTable::Entry& entry, fetch::Client& fetch,
                            io::Duration limit, io::Scope& scope);

}  // namespace fairlead::health
