#include "pipeline/middleware.h"

namespace fairlead::pipeline {
namespace {

// Edits what the client gets for an error.
class ErrorEdit final : public LateEdit {
 public:
  ErrorEdit(const Edit& edit, Exchange& x) : edit_(edit), x_(x) {}
  void apply(http::ResponseHead& head) const override { edit_.on_response(x_, head); }

 private:
  const Edit& edit_;
  Exchange& x_;
};

io::Task<Reply> edit_both(const Edit& edit, Exchange& x, Next next) {
  edit.on_request(x);
  Reply reply = co_await next(x);
  if (!reply) x.edit_later(*x.arena.make<ErrorEdit>(edit, x));
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
