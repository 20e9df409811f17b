// The bounded dimensions of request metrics: status code, method and protocol as small numbers and
// as label values. What is not known falls into one class, so a client cannot make series.
// Constants, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::observe {

// Traefik's values of the label `protocol`.
enum class Protocol : uint8_t { http, websocket, sse, grpc, grpc_web };
inline constexpr unsigned kProtocols = 5;
std::string_view label(Protocol protocol);
// From the Upgrade, Content-Type and Accept fields of a request ("" when absent).
Protocol protocol_of(std::string_view upgrade, std::string_view content_type,
                     std::string_view accept);

inline constexpr unsigned kMethods = 11;
// A small number for a method token; unknown ones share one.
uint8_t method_number(std::string_view method);
std::string_view method_label(uint8_t number);  // "GET", "EXTENSION_METHOD"

inline constexpr unsigned kCodes = 72;
// A small number for a status; unregistered ones share one a class (which reads "299", "499" and so
// on), and what is not 100 to 599 shares "0".
uint8_t code_number(uint16_t status);
uint16_t code_label(uint8_t number);

}  // namespace fairlead::observe
