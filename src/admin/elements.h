// The dynamic objects of a view as the API shows them: what is in force and what was refused, each
// with its status. Pure, but for the health of servers, which State knows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "admin/json.h"
#include "admin/listing.h"

namespace fairlead::admin {

// One element a qualified name, for /api/rawdata: options, status, error, using or usedBy,
// serverStatus.
using Elements = std::map<std::string, Json>;

// Of "http", "tcp" or "udp". Nothing for a pair that does not exist (udp has no middlewares).
std::optional<Elements> elements(const State& state, const View& view, std::string_view protocol,
                                 Kind kind);

// The same with name, provider and type, which the lists show.
Json listed(const std::string& name, Json element, Kind kind);

}  // namespace fairlead::admin
