#include "pipeline/exchange.h"

namespace fairlead::pipeline {

Response Exchange::reply(unsigned status, std::string_view body) {
  auto* head = arena.make<http::ResponseHead>(arena);
  head->status = static_cast<uint16_t>(status);
  head->body_kind = http::BodyKind::length;
  head->content_length = body.size();
  Response response{head, nullptr, nullptr};
  if (!body.empty()) {
    head->headers.add(http::FieldId::content_type, "text/plain; charset=utf-8");
    head->headers.add("X-Content-Type-Options", "nosniff");
    response.body = arena.make<http::FixedBody>(body);
  }
  return response;
}

void Exchange::edit_later(const LateEdit& edit) {
  Late** end = &late_edits_;
  while (*end != nullptr) end = &(*end)->next;
  *end = arena.make<Late>(edit, nullptr);
}

void Exchange::apply_late_edits(http::ResponseHead& head) const {
  for (const Late* late = late_edits_; late != nullptr; late = late->next) late->edit.apply(head);
}

Response Exchange::reply_with_reason(unsigned status) {
  return reply(status, http::reason_phrase(status));
}

}  // namespace fairlead::pipeline
