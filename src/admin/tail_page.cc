#include "admin/tail_page.h"

#include "admin/answer.h"

namespace fairlead::admin {
namespace {

constexpr io::Duration kLook{200};
// A comment now and then tells whether the client is still there.
constexpr int kLooksPerComment = 50;

class TailBody final : public http::Body {
 public:
  TailBody(pipeline::Exchange& x, std::unique_ptr<observe::Tail::Subscription> from)
      : x_(x), from_(std::move(from)) {}

  io::Task<Result<http::Chunk>> read() override {
    for (int looks = 0;; ++looks) {
      text_.clear();
      uint64_t lost = 0;
      for (const std::string& line : from_->take(lost)) text_ += "data: " + line + "\n\n";
      if (lost != told_lost_)
        text_ += "event: lost\ndata: " + std::to_string(lost - told_lost_) + "\n\n";
      told_lost_ = lost;
      if (text_.empty() && (!has_begun_ || looks >= kLooksPerComment)) text_ = ": waiting\n\n";
      has_begun_ = true;
      if (!text_.empty()) co_return http::Chunk::of_static(text_);
      Result<void> slept = co_await x_.sleep(kLook);
      if (!slept) co_return fail(slept.error());
    }
  }
  bool is_finished() const override { return false; }
  int64_t length() const override { return -1; }

 private:
  pipeline::Exchange& x_;
  std::unique_ptr<observe::Tail::Subscription> from_;
  std::string text_;
  uint64_t told_lost_ = 0;
  bool has_begun_ = false;
};

}  // namespace

std::expected<observe::TailFilter, std::string> tail_filter(const Query& query) {
  observe::TailFilter filter;
  filter.router = query.get("router");
  filter.service = query.get("service");
  filter.host = query.get("host");
  filter.path = query.get("path");
  filter.method = query.get("method");
  const std::string& status = query.get("status");
  if (status.empty()) return filter;
  bool is_three = status.size() == 3 && status[0] >= '1' && status[0] <= '5';
  bool is_class = is_three && (status.substr(1) == "xx" || status.substr(1) == "XX");
  bool is_code = is_three && status.find_first_not_of("0123456789") == status.npos;
  if (is_class) {
    filter.status_class = static_cast<uint16_t>(status[0] - '0');
  } else if (is_code) {
    filter.status = static_cast<uint16_t>(std::stoi(status));
  } else {
    return std::unexpected("status: \"" + status + "\" is neither like 404 nor like 5xx");
  }
  return filter;
}

pipeline::Response tail_page(pipeline::Exchange& x, observe::Tail& tail,
                             observe::TailFilter filter) {
  auto subscription = tail.subscribe(std::move(filter));
  if (subscription == nullptr) {
    return answer(x, 503, kJson,
                  "{\"message\":\"too many are watching already; close another tail\"}\n");
  }
  auto* head = x.arena.make<http::ResponseHead>(x.arena);
  head->status = 200;
  head->body_kind = http::BodyKind::until_close;
  head->headers.add(http::FieldId::content_type, "text/event-stream");
  head->headers.add("Cache-Control", "no-store");
  head->headers.add("X-Accel-Buffering", "no");
  if (x.request.method == http::Method::head) return {head, nullptr, nullptr};
  return {head, x.arena.make<TailBody>(x, std::move(subscription)), nullptr};
}

}  // namespace fairlead::admin
