// Digests and comparisons of secrets, from OpenSSL. Pure functions, any thread, no allocation once
// a thread has used one of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::tls {

template <size_t Bytes>
using Digest = std::array<uint8_t, Bytes>;
using Md5 = Digest<16>;
using Sha1 = Digest<20>;
using Sha256 = Digest<32>;

// Only for formats that prescribe it (apr1 password hashes, HTTP digest); proves nothing any more.
Md5 md5(std::string_view bytes);
// As md5(): {SHA} password hashes, the WebSocket handshake.
Sha1 sha1(std::string_view bytes);
Sha256 sha256(std::string_view bytes);
// RFC 2104.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

template <size_t Bytes>
std::string_view view(const Digest<Bytes>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), Bytes};
}
// Lower-case.
std::string hex(std::string_view bytes);

// Takes the same time wherever the two differ. Their lengths are no secret.
bool are_equal_secrets(std::string_view a, std::string_view b);
// From the system's generator for keys. False when there is none.
bool fill_random(void* out, size_t bytes);

}  // namespace fairlead::tls
