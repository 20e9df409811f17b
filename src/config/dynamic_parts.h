// The decoders of single dynamic objects, shared by dynamic.cc and its neighbours. Each reads one
// element through a Reader, reports what is wrong through it, and yields nothing when the element
// must be left out. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/dynamic.h"

namespace fairlead::config {

// Where an element stands, for readers that must fail apart from their parent.
struct DecodeContext {
  const std::string& source;
  Diagnostics& diagnostics;
};

std::optional<RouterSpec> decode_router(Reader& reader, const DecodeContext& context);
std::optional<ServiceSpec> decode_service(Reader& reader, const DecodeContext& context);
std::optional<MiddlewareSpec> decode_middleware(Reader& reader, const DecodeContext& context);
void decode_router_tls(Reader& reader, RouterTlsSpec& tls);

// `key:`, `key: {}` and `key=true` switch an optional object on; any other scalar leaves it off
// (the rule for labels).
bool is_switched_on(const Node* node);
// The options of something switched on: a map, empty when it is not one.
Node options_of(const Node& node);

}  // namespace fairlead::config
