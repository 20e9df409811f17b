// Matcher names as people write them. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fairlead::routing {

// Whether `written` is `name` exactly, in lower case, UPPER case or Title case ("PathPrefix",
// "pathprefix", "PATHPREFIX", "Pathprefix"); Traefik accepts these four.
bool is_spelling_of(std::string_view written, std::string_view name);

// The candidate at the smallest edit distance without case, at most a third of the longer name; ""
// when none is near.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates);

// ASCII only, whatever the locale.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool is_ascii(std::string_view text);

}  // namespace fairlead::routing
