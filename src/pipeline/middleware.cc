#include "pipeline/middleware.h"

namespace fairlead::pipeline {
namespace {

io::Task<Reply> edit_both(const Edit& edit, Exchange& x, Next next) {
  edit.on_request(x);
  Reply reply = co_await next(x);
  if (reply && reply->head != nullptr) edit.on_response(x, *reply->head);
  co_return reply;
}

}  // namespace

io::Task<Reply> Edit::handle(Exchange& x, Next next) const {
  if (edits_responses()) return edit_both(*this, x, next);
  on_request(x);
  return next(x);
}

}  // namespace fairlead::pipeline
