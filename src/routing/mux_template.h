// Path and host templates of the v2 rules ("/users/{id:[0-9]+}", "{sub}.example.com"), as
// gorilla/mux reads them: turned into one anchored regular expression. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace fairlead::routing {

bool has_template(std::string_view text);

// The expression, anchored at the start; `default_pattern` stands for {name} without a pattern
// ("[^/]+"). Or what is wrong, for people.
std::expected<std::string, std::string> expression_of(std::string_view text,
                                                      std::string_view default_pattern);

}  // namespace fairlead::routing
