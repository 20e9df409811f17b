// Judges dynamic configuration as a running Fairlead would, without running one: parse, merge,
// validate, and make every rule and middleware once. Reads files through `surroundings` only.
#pragma once

#include <string>
#include <vector>

#include "cmd/fairlead/options.h"

namespace fairlead::command {

// What objects of other providers the fragments name ("auth@docker"), as fragments that define
// them: nobody can judge here whether they will exist.
std::vector<config::Fragment> stand_ins(const std::vector<config::Fragment>& fragments);

// Files without a static configuration beside them name entry points that are declared elsewhere.
enum class EntryPointNames : uint8_t { declared, any };

// What is wrong with the files taken together. Each is dynamic configuration, static configuration
// (told by its keys), or a Compose file, whose labels are judged.
config::Diagnostics check_files(const std::vector<std::string>& paths,
                                const config::StaticConfig& config,
                                const Surroundings& surroundings, EntryPointNames names);

// The fragments as one configuration.
config::Diagnostics check_fragments(std::vector<config::Fragment> fragments,
                                    const config::StaticConfig& config);

}  // namespace fairlead::command
