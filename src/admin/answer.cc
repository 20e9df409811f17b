#include "admin/answer.h"

namespace fairlead::admin {

pipeline::Response answer(pipeline::Exchange& x, unsigned status, std::string_view content_type,
                          std::string body) {
  auto* head = x.arena.make<http::ResponseHead>(x.arena);
  head->status = static_cast<uint16_t>(status);
  head->body_kind = http::BodyKind::length;
  head->content_length = body.size();
  head->headers.add(http::FieldId::content_type, content_type);
  pipeline::Response response{head, nullptr, nullptr};
  if (x.request.method == http::Method::head || body.empty()) return response;
  const std::string& held = x.hold(std::move(body));
  response.body = x.arena.make<http::FixedBody>(held);
  return response;
}

pipeline::Response method_not_allowed(pipeline::Exchange& x) {
  auto response = answer(x, 405, kText, "Method Not Allowed\n");
  response.head->headers.add("Allow", "GET, HEAD");
  return response;
}

bool is_read(const pipeline::Exchange& x) {
  return x.request.method == http::Method::get || x.request.method == http::Method::head;
}

}  // namespace fairlead::admin
