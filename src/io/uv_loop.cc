#include "io/uv_loop.h"

#include <uv.h>

#include "base/check.h"

namespace fairlead::io {

struct UvLoop::Handles {
  uv_loop_t loop;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_timer_t timer;
  uv_async_t wake;
  TimePoint armed_for = TimePoint::max();
};

namespace {
TimePoint clock_of(uv_loop_t* loop) {
  return TimePoint(Duration(static_cast<int64_t>(uv_now(loop))));
}
template <class Handle>
uv_handle_t* handle_of(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}
}  // namespace

UvLoop::UvLoop() : raw_(nullptr), handles_(new Handles) {
  Handles& h = *handles_;
  FAIRLEAD_CHECK(uv_loop_init(&h.loop) == 0);
  raw_ = &h.loop;
  uv_prepare_init(raw_, &h.prepare);
  uv_check_init(raw_, &h.check);
  uv_timer_init(raw_, &h.timer);
  h.prepare.data = h.check.data = this;
  uv_prepare_start(&h.prepare,
                   [](uv_prepare_t* p) { static_cast<UvLoop*>(p->data)->before_poll(); });
  uv_check_start(&h.check, [](uv_check_t* c) { static_cast<UvLoop*>(c->data)->after_poll(); });
  uv_async_init(raw_, &h.wake, [](uv_async_t*) {});
  turn(clock_of(raw_));
}

UvLoop::~UvLoop() {
  Handles& h = *handles_;
  uv_close(handle_of(h.prepare), nullptr);
  uv_close(handle_of(h.check), nullptr);
  uv_close(handle_of(h.timer), nullptr);
  uv_close(handle_of(h.wake), nullptr);
  while (uv_run(raw_, UV_RUN_NOWAIT) != 0) {
  }
  FAIRLEAD_CHECK(uv_loop_close(raw_) == 0);
  if (Loop::current() == this) Loop::current() = nullptr;
  delete handles_;
}

void UvLoop::run() {
  Loop::current() = this;
  while (!is_stopping_.load(std::memory_order_relaxed)) uv_run(raw_, UV_RUN_ONCE);
}

void UvLoop::stop() {
  is_stopping_ = true;
  uv_async_send(&handles_->wake);
}

bool UvLoop::step() {
  Loop::current() = this;
  uv_run(raw_, UV_RUN_ONCE);
  return true;
}

void UvLoop::before_poll() {
  Handles& h = *handles_;
  TimePoint due = turn(clock_of(raw_));
  if (due == TimePoint::max()) return;
  // An armed timer that is early is left alone: one idle wake-up is cheaper than re-arming for
  // every request.
  if (uv_is_active(handle_of(h.timer)) != 0 && h.armed_for <= due) return;
  h.armed_for = due;
  Duration wait = due - now();
  uint64_t ms = wait > Duration::zero() ? static_cast<uint64_t>(wait.count()) : 0;
  uv_timer_start(&h.timer, [](uv_timer_t*) {}, ms, 0);
}

void UvLoop::after_poll() { turn(clock_of(raw_)); }

}  // namespace fairlead::io
