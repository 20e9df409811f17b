// The authentication services that forwardAuth middlewares name by address, as services (and, for
// https, transports) of the provider "internal": dialed, pooled, watched and verified like every
// other server. Pure.
#pragma once

#include <span>

#include "config/dynamic.h"

namespace fairlead::control {

// Empty when no fragment has a forwardAuth with a usable address.
config::Fragment auth_origins(std::span<const config::Fragment* const> fragments);

}  // namespace fairlead::control
