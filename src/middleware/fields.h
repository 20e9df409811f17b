// Header fields that come from the configuration: checked when a middleware is made, set so that a
// client cannot take them away or bring its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "http/message.h"

namespace fairlead::middleware {

// A field to set, or to delete when its value is empty. Outlives every exchange it is used on (the
// snapshot is pinned).
struct FieldRule {
  std::string name;
  std::string value;

  void apply(http::HeaderMap& headers) const;
};

// RFC 9110 §5.1 and §5.5: what may be sent as a name, as a value.
bool is_field_name(std::string_view text);
bool is_field_value(std::string_view text);
// Reports a value that cannot be sent and returns false.
bool check_field_value(config::Reader& options, std::string_view key, std::string_view value);
// A map of names to values. Malformed ones and those that belong to the connection are reported and
// left out.
std::vector<FieldRule> read_field_rules(config::Reader& options, std::string_view key);
// A list of names; malformed ones are reported and left out.
std::vector<std::string> read_field_names(config::Reader& options, std::string_view key);

// Takes a name out of Connection: a client that lists it there would have the field dropped before
// the upstream.
void unlist_from_connection(http::HeaderMap& headers, std::string_view name);
// For fields that upstreams believe (who the user is): removes what the client sent under this name
// or the same with underscores, which many frameworks cannot tell apart, then adds ours.
void set_trusted_field(http::HeaderMap& headers, std::string_view name, std::string_view value);
// Only the removal.
void remove_trusted_field(http::HeaderMap& headers, std::string_view name);

// Visits the elements of a comma-separated list (RFC 9110 §5.6.1) until the visitor returns true;
// returns whether it did.
template <class Visit>
bool any_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    size_t begin = element.find_first_not_of(" \t");
    if (begin != std::string_view::npos) {
      element = element.substr(begin, element.find_last_not_of(" \t") - begin + 1);
      if (visit(element)) return true;
    }
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

}  // namespace fairlead::middleware
