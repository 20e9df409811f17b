#include "proxy/mirroring.h"

#include <limits>

#include "proxy/mirror.h"

namespace fairlead::proxy {
namespace {

// Mirrors that begin when the body is complete, because only then its size is known.
class Waiting final : public BodyWatcher {
 public:
  struct One {
    std::unique_ptr<MirrorJob> job;
    FeedPtr feed;
  };
  explicit Waiting(std::vector<One> jobs) : jobs_(std::move(jobs)) {}
  void body_is_complete() override {
    for (One& one : jobs_) {
      if (one.feed->is_complete()) MirrorJob::start(std::move(one.job));
    }
    jobs_.clear();
  }

 private:
  std::vector<One> jobs_;
};

// Whether the request with this number belongs to `percent` of a hundred, evenly spread.
bool is_chosen(uint64_t turn, unsigned percent) {
  uint64_t place = turn % 100;
  return (place + 1) * percent / 100 > place * percent / 100;
}

}  // namespace

bool MirroringService::may_mirror(const pipeline::Exchange& x) const {
  if (x.request.wants_upgrade || x.request.method == http::Method::connect) return false;
  if (!settings_.mirrors_body || x.request_body == nullptr || settings_.max_body_size < 0) {
    return true;
  }
  return x.request_body->length() <= settings_.max_body_size;
}

void MirroringService::mirror(pipeline::Exchange& x) const {
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  if (!may_mirror(x)) return;
  auto& count = x.worker().local<MirrorCount>(settings_.count);
  bool has_body = settings_.mirrors_body && x.request_body != nullptr;
  bool must_wait = has_body && settings_.max_body_size >= 0 && x.request_body->length() < 0;
  uint64_t most = settings_.max_body_size >= 0 ? static_cast<uint64_t>(settings_.max_body_size)
                                               : std::numeric_limits<uint64_t>::max();
  std::vector<FeedPtr> feeds;
  std::vector<Waiting::One> waiting;
  for (const Mirror& mirror : mirrors_) {
    if (!is_chosen(turn, mirror.percent) || count.running >= MirrorCount::kMost) continue;
    FeedPtr feed = has_body ? std::make_shared<MirrorFeed>(most) : nullptr;
    auto job = std::make_unique<MirrorJob>(x, mirror.service, feed, count);
    if (has_body) feeds.push_back(feed);
    if (must_wait) {
      waiting.push_back({std::move(job), std::move(feed)});
    } else {
      MirrorJob::start(std::move(job));
    }
  }
  if (feeds.empty()) return;
  BodyWatcher* watcher = waiting.empty() ? nullptr : x.arena.make<Waiting>(std::move(waiting));
  x.request_body = x.arena.make<TeeBody>(*x.request_body, std::move(feeds), watcher);
}

io::Task<pipeline::Reply> MirroringService::handle(pipeline::Exchange& x) const {
  mirror(x);
  return service_->handle(x);
}

}  // namespace fairlead::proxy
