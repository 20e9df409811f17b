// The list of every static option: what flags and environment variables are resolved against, and
// what docs/configuration.md is made from. Built once from static_fields.h; immutable, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::config {

struct Option {
  enum class Kind : uint8_t {
    text,
    boolean,
    number,
    duration,
    list,      // of texts or numbers
    map,       // of texts, with free keys
    section,   // options below it
    presence,  // the same, and off until something switches it on
    names,     // objects below it, by free names
    items,     // a list of objects
    raw,       // read elsewhere: anything may be below it
  };

  std::string key;  // as documented: "asDefault"; "<name>" below names; "[n]" below items
  Kind kind = Kind::section;
  std::string default_text;
  std::string meaning;
  std::vector<Option> children;

  // Without case; null when there is none. Takes free names and indexes too.
  const Option* child(std::string_view name) const;
  // Whether it may stand alone and then means "on".
  bool is_switch() const;
};

// The root: a section without a key.
const Option& static_options();

std::string_view words(Option::Kind kind);

// The reference page: every option with its kind, default and meaning.
std::string options_markdown();

}  // namespace fairlead::config
