// Configuration values as JSON for people to read: typed, and without their secrets. Any thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "admin/state.h"

namespace fairlead::admin {

using Json = nlohmann::json;

// Compact, with a newline at the end; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Json& json);
std::string rfc3339(WallTime time);

// Scalars become booleans and numbers where the option they stand for is one. Password hashes, keys
// and tokens become kMasked: user names stay.
Json shown(const config::Node& node);
Json shown(const config::EntryPoint& entry_point);
Json shown(const CertificateInfo& certificate, WallTime now);
Json shown(const config::Diagnostic& diagnostic);
Json shown(const Change& change);

inline constexpr std::string_view kMasked = "****";

}  // namespace fairlead::admin
