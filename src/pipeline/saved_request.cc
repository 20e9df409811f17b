#include "pipeline/saved_request.h"

#include <algorithm>

namespace fairlead::pipeline {

SavedRequest::SavedRequest(Exchange& x)
    : method_(x.request.method),
      body_kind_(x.request.body_kind),
      has_query_(x.request.has_query),
      has_forwarded_for_(x.has_forwarded_for),
      content_length_(x.request.content_length),
      method_text_(x.request.method_text),
      authority_(x.request.authority),
      host_(x.request.host),
      path_(x.request.path),
      query_(x.request.query) {
  std::span<const http::Field> now = x.request.headers.fields();
  if (now.empty()) return;
  auto* copy = static_cast<http::Field*>(x.arena.take(now.size_bytes(), alignof(http::Field)));
  std::uninitialized_copy(now.begin(), now.end(), copy);
  fields_ = {copy, now.size()};
}

void SavedRequest::restore(Exchange& x) const {
  http::RequestHead& r = x.request;
  r.method = method_;
  r.body_kind = body_kind_;
  r.has_query = has_query_;
  r.content_length = content_length_;
  r.method_text = method_text_;
  r.authority = authority_;
  r.host = host_;
  r.path = path_;
  r.query = query_;
  r.headers.clear();
  for (const http::Field& field : fields_) r.headers.add(field);
  x.has_forwarded_for = has_forwarded_for_;
  x.forget_late_edits();  // of the links that run again
}

}  // namespace fairlead::pipeline
