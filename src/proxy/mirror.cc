#include "proxy/mirror.h"

namespace fairlead::proxy {

class MirrorJob::Exchange final : public pipeline::Exchange {
 public:
  using pipeline::Exchange::Exchange;
  io::Task<Result<void>> inform(const http::ResponseHead&) override { return Result<void>(); }
};

namespace {

io::Task<void> discard(http::Body& body, uint64_t most) {
  while (body.bytes_read() < most) {
    Result<http::Chunk> chunk = co_await body.read();
    if (!chunk || chunk->is_last()) co_return;
  }
}

}  // namespace

MirrorJob::MirrorJob(pipeline::Exchange& main, std::shared_ptr<const pipeline::Handler> service,
                     FeedPtr feed, MirrorCount& count)
    : configuration_(main.keep_configuration()), service_(std::move(service)), count_(count) {
  ++count_.running;
  x_ = std::make_unique<Exchange>(arena_, main.worker(), &main.worker().detached());
  copy_head(main);
  if (feed != nullptr) {
    int64_t length = main.request_body->length();
    x_->request_body = arena_.make<MirrorBody>(std::move(feed), length, x_->scope);
  } else if (main.request_body != nullptr) {
    x_->request.body_kind = http::BodyKind::none;
    x_->request.content_length = 0;
    x_->request.headers.remove(http::FieldId::content_length);
  }
}

MirrorJob::~MirrorJob() { --count_.running; }

void MirrorJob::copy_head(pipeline::Exchange& main) {
  const http::RequestHead& from = main.request;
  http::RequestHead& to = x_->request;
  to.method = from.method;
  to.version = from.version;
  to.body_kind = from.body_kind;
  to.content_length = from.content_length;
  to.has_query = from.has_query;
  using Text = std::string_view http::RequestHead::*;
  for (Text text :
       {&http::RequestHead::method_text, &http::RequestHead::target, &http::RequestHead::scheme,
        &http::RequestHead::authority, &http::RequestHead::host, &http::RequestHead::path,
        &http::RequestHead::query}) {
    to.*text = arena_.copy(from.*text);
  }
  to.headers.reserve(from.headers.size());
  for (const http::Field& field : from.headers.fields()) {
    if (http::equals_ignore_case(field.name, "expect")) continue;
    to.headers.add({arena_.copy(field.name), arena_.copy(field.value), field.id});
  }
  if (main.peer != nullptr) peer_ = *main.peer;
  if (main.local != nullptr) local_ = *main.local;
  x_->peer = main.peer != nullptr ? &peer_ : nullptr;
  x_->local = main.local != nullptr ? &local_ : nullptr;
  x_->is_tls = main.is_tls;
  x_->has_forwarded_for = main.has_forwarded_for;
  x_->route = main.route;
}

void MirrorJob::start(std::unique_ptr<MirrorJob> job) {
  io::Scope& detached = job->x_->worker().detached();
  detached.spawn(run(std::move(job)));
}

io::Task<void> MirrorJob::run(std::unique_ptr<MirrorJob> job) {
  Exchange& x = *job->x_;
  x.record.begin = observe::Clock::now();
  x.scope.set_deadline({kLongest, Code::request_total_timeout, Side::self, Stage::none});
  pipeline::Reply reply = co_await job->service_->handle(x);
  if (reply && reply->body != nullptr) co_await discard(*reply->body, kMostAnswer);
  x.scope.cancel(Error{Code::cancelled});
  co_await x.scope.join();
}

}  // namespace fairlead::proxy
