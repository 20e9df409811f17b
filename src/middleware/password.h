// Passwords against their hashes as htpasswd writes them: apr1-MD5, {SHA}, bcrypt ($2a$, $2b$,
// $2y$), SHA-crypt ($5$, $6$) and MD5-crypt ($1$). Plain text and DES are refused. Pure and slow on
// purpose: everything but {SHA} belongs on the thread pool. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::middleware {

// Why this hash cannot be used; "" when it can.
std::string_view fault_of_hash(const std::string& hash);

// The hash must be without fault.
bool is_right_password(std::string_view password, const std::string& hash);

// Cheap enough for the loop: a microsecond, not milliseconds.
bool is_cheap_hash(std::string_view hash);
// Orders hashes by what checking them costs, roughly: kind, then rounds.
unsigned cost_of_hash(std::string_view hash);

// Apache's variant of MD5-crypt, the whole "$apr1$salt$…" string.
std::string apr1_hash(std::string_view password, std::string_view salt);

}  // namespace fairlead::middleware
