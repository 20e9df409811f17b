// Which content coding a response gets: what the request's Accept-Encoding allows (RFC 9110
// §12.5.3) among what the configuration offers. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/message.h"

namespace fairlead::middleware {

enum class Coding : uint8_t { identity, gzip, br, zstd };

std::string_view coding_name(Coding coding);
// "gzip", "br" or "zstd", without case; nothing for other words.
std::optional<Coding> coding_of(std::string_view name);

// What the configuration says.
struct CodingOffer {
  std::span<const Coding> codings;     // of equal weight the first wins
  Coding fallback = Coding::identity;  // for requests without Accept-Encoding, and for "*"
};

// The coding with the highest weight; identity when it weighs more than every other, when nothing
// fits, and when the client said nothing and there is no fallback.
Coding choose_coding(const http::HeaderMap& request, const CodingOffer& offer);

}  // namespace fairlead::middleware
