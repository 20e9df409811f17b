// The order in which a request is judged; the judgements are in framing.cc, host.cc and path.cc.
#include "http/semantics.h"

#include "http/ascii.h"
#include "http/semantics_parts.h"

namespace fairlead::http {
namespace {

bool has_underscore(const Field& field) {
  // Names that are listed have none.
  return field.id == FieldId::other && field.name.find('_') != std::string_view::npos;
}

Code apply_underscores(HeaderMap& headers, RequestPolicy::Underscores policy) {
  if (policy == RequestPolicy::Underscores::keep) return Code::ok;
  if (policy == RequestPolicy::Underscores::remove) {
    headers.remove_if(has_underscore);
    return Code::ok;
  }
  for (const Field& field : headers.fields()) {
    if (has_underscore(field)) return Code::bad_header_name;
  }
  return Code::ok;
}

Code judge(RequestHead& head, Arena& arena, const RequestPolicy& policy) {
  Code code = apply_underscores(head.headers, policy.underscores);
  if (code != Code::ok) return code;
  DecisiveFields fields = find_decisive(head.headers);
  code = frame_request(head, fields);
  if (code != Code::ok) return code;
  TargetParts parts;
  code = split_target(head, parts);
  if (code != Code::ok) return code;
  code = place_host(head, fields, parts.authority, arena);
  if (code != Code::ok) return code;
  return place_path(head, parts, arena, policy);
}

}  // namespace

Result<void> check_request(RequestHead& head, Arena& arena, const RequestPolicy& policy) {
  Code code = judge(head, arena, policy);
  if (code != Code::ok) return fail(code, Side::client, Stage::head);
  return {};
}

}  // namespace fairlead::http
