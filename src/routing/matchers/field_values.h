// The values of one header field, asked for by name without case. Shared by Header and
// HeaderRegexp.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace fairlead::routing::matchers {

class FieldValues {
 public:
  explicit FieldValues(std::string_view name) : name_(name), id_(http::field_id(name)) {}

  // Whether the claim holds for any field of that name; each field line counts on its own.
  template <class Claim>
  bool any(const http::HeaderMap& headers, Claim claim) const {
    for (const http::Field& field : headers.fields()) {
      if (field.id != id_) continue;
      if (id_ == http::FieldId::other && !http::equals_ignore_case(field.name, name_)) continue;
      if (claim(field.value)) return true;
    }
    return false;
  }

  // What is wrong with a field name (RFC 9110 §5.6.2: a token); empty when nothing is.
  static std::string fault_of(std::string_view name);

 private:
  std::string name_;
  http::FieldId id_;
};

}  // namespace fairlead::routing::matchers
