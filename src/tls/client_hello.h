// What a client asks for before anything is agreed: the server name and the protocols it offers,
// read from the first bytes of its connection. Decides which options, certificate or stream router
// serve it; the handshake itself reads the same bytes again. Pure; never trusts a length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

inline constexpr size_t kMaxClientHelloBytes = 16 * 1024;
// The first byte of every TLS connection: a record of the handshake.
inline constexpr unsigned char kHandshakeRecord = 0x16;

struct ClientHello {
  std::string server_name;             // "" = none; lower-case
  std::vector<std::string> protocols;  // ALPN
};

enum class HelloState { incomplete, complete, malformed, too_large };

// `bytes` from the very beginning of the connection. `hello` is filled when complete.
HelloState read_client_hello(std::string_view bytes, ClientHello& hello);

}  // namespace fairlead::tls
