// What an active health check asks and how it judges the answer: a request and a verdict, no
// waiting. grpc.health.v1 is spoken as one HTTP/2 request. Pure.
#pragma once

#include <optional>
#include <string>

#include "fetch/message.h"
#include "upstream/health_table.h"

namespace fairlead::health {

// The entry has a check.
fetch::Request check_request(const upstream::HealthTable::Entry& entry);

// Why the server is not well, for people; nothing when it is.
std::optional<std::string> fault_of(const upstream::HealthCheck& check,
                                    const fetch::Outcome<fetch::Response>& answer);

// "http://10.0.0.2:8080" with the scheme and port of the check where it has them.
std::string base_url(const upstream::HealthTable::Entry& entry, std::string_view scheme,
                     uint16_t port);

}  // namespace fairlead::health
