// The part of Go templates that configuration files use most: {{ env "NAME" }}, {{ normalize "text"
// }}, literals and comments, with | between them and - to trim space. Anything else is refused by
// name. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostics.h"

namespace fairlead::providers::file {

// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// Text with everything but letters and digits turned into single dashes, none at the ends. Bytes of
// UTF-8 letters count as letters.
std::string normalize(std::string_view text);

// Nothing when an action cannot be understood; diagnostics name the line. `source` as in
// Diagnostic.
std::optional<std::string> render_template(std::string_view text, const std::string& source,
                                           const Environment& environment,
                                           config::Diagnostics& diagnostics);

}  // namespace fairlead::providers::file
