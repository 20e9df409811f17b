#include "http/trailer_names.h"

#include "http/message.h"

namespace fairlead::http {
namespace {

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && equals_ignore_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool is_forbidden_trailer(std::string_view name) {
  switch (field_id(name)) {
    case FieldId::age:
    case FieldId::authorization:
    case FieldId::cache_control:
    case FieldId::connection:
    case FieldId::cookie:
    case FieldId::date:
    case FieldId::expect:
    case FieldId::expires:
    case FieldId::forwarded:
    case FieldId::host:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::location:
    case FieldId::max_forwards:
    case FieldId::origin:
    case FieldId::pragma:
    case FieldId::proxy:
    case FieldId::range:
    case FieldId::referer:
    case FieldId::retry_after:
    case FieldId::set_cookie:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::vary:
    case FieldId::www_authenticate:
    case FieldId::x_real_ip:
    case FieldId::x_scheme:
    case FieldId::x_traefik_router:
      return true;
    default:
      break;
  }
  return has_prefix(name, "content-") || has_prefix(name, "proxy-") ||
         has_prefix(name, "x-forwarded-") || has_prefix(name, "sec-") || has_prefix(name, "if-");
}

}  // namespace fairlead::http
