// Durations as Go prints them: "1.5s", "250ms", "1m0.25s". Pure.
#pragma once

#include <chrono>
#include <string_view>

#include "base/arena.h"

namespace fairlead::middleware {

std::string_view go_duration(std::chrono::nanoseconds duration, Arena& arena);

}  // namespace fairlead::middleware
