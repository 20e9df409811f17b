// Which fields end at this hop (RFC 9110 §7.6.1). Connection names more of them, but not those that
// services trust: a client must not make us drop what we or an earlier hop vouched for
// (CVE-2022-31813, CVE-2024-45410).
#include <algorithm>

#include "http/ascii.h"
#include "http/semantics.h"

namespace fairlead::http {
namespace {

// Why: every option costs a pass over the fields; no honest client lists as many.
constexpr size_t kOptions = 32;
constexpr size_t kConnectionFields = 8;

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && equals_ignore_case(name.substr(0, prefix.size()), prefix);
}

bool is_protected(std::string_view name) {
  switch (field_id(name)) {
    case FieldId::authorization:
    case FieldId::content_encoding:
    case FieldId::content_length:
    case FieldId::content_range:
    case FieldId::content_type:
    case FieldId::cookie:
    case FieldId::forwarded:
    case FieldId::host:
    case FieldId::set_cookie:
    case FieldId::transfer_encoding:
    case FieldId::x_real_ip:
    case FieldId::x_scheme:
      return true;
    default:
      return has_prefix(name, "x-forwarded-") || has_prefix(name, "sec-");
  }
}

bool ends_here(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return true;
    default:
      return false;
  }
}

bool says_trailers(std::string_view te) {
  ListReader list(te);
  std::string_view coding;
  while (list.next(coding)) {
    if (equals_ignore_case(coding, "trailers")) return true;
  }
  return false;
}

// The bit of a name that is not to be removed yet; 0 for all others.
uint32_t postponed_bit(std::string_view option, std::span<const std::string> later) {
  for (size_t i = 0; i < std::min<size_t>(later.size(), 32); ++i) {
    if (equals_ignore_case(later[i], option)) return uint32_t{1} << i;
  }
  return 0;
}

void remove_options(std::string_view connection, HeaderMap& headers, size_t& budget,
                    std::span<const std::string> later, uint32_t& postponed) {
  ListReader list(connection);
  std::string_view option;
  while (budget > 0 && list.next(option)) {
    if (option.empty()) continue;
    --budget;
    if (ends_here(field_id(option)) || is_protected(option)) continue;
    uint32_t bit = postponed_bit(option, later);
    postponed |= bit;
    if (bit == 0) headers.remove(option);
  }
}

}  // namespace

HopByHop strip_hop_by_hop(HeaderMap& headers, std::span<const std::string> later) {
  HopByHop found;
  // Read first, removed after: removing moves the fields.
  std::string_view lists[kConnectionFields];
  size_t list_count = 0;
  for (const Field& field : headers.fields()) {
    if (field.id == FieldId::te && says_trailers(field.value)) found.had_te_trailers = true;
    if (field.id == FieldId::connection && list_count < kConnectionFields) {
      lists[list_count++] = field.value;
    }
  }
  size_t budget = kOptions;
  for (size_t i = 0; i < list_count; ++i)
    remove_options(lists[i], headers, budget, later, found.postponed);
  headers.remove_if([](const Field& field) { return ends_here(field.id); });
  return found;
}

}  // namespace fairlead::http
