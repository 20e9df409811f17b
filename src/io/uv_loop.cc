#include "io/uv_loop.h"

#include <algorithm>
#include <ctime>

#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "base/check.h"
#include "io/fd_watch.h"

namespace fairlead::io {
namespace {

constexpr int kBatch = 256;
constexpr std::chrono::hours kLongestWait{1};  // epoll counts milliseconds in an int

TimePoint read_clock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(Duration(int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000));
}

}  // namespace

struct UvLoop::Handles {
  uv_loop_t loop;
  uv_async_t wake;
  epoll_event events[kBatch];
  int count = 0;  // of the events being handed out
};

UvLoop::UvLoop() : handles_(new Handles), poller_(::epoll_create1(EPOLL_CLOEXEC)) {
  Handles& h = *handles_;
  FAIRLEAD_CHECK(uv_loop_init(&h.loop) == 0);
  uv_async_init(&h.loop, &h.wake, [](uv_async_t*) {});
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  int added = ::epoll_ctl(poller_, EPOLL_CTL_ADD, uv_backend_fd(&h.loop), &event);
  FAIRLEAD_CHECK(added == 0);
  due_ = turn(read_clock());
}

UvLoop::~UvLoop() {
  Handles& h = *handles_;
  uv_close(reinterpret_cast<uv_handle_t*>(&h.wake), nullptr);
  while (uv_run(&h.loop, UV_RUN_NOWAIT) != 0) {
  }
  FAIRLEAD_CHECK(uv_loop_close(&h.loop) == 0);
  ::close(poller_);
  if (Loop::current() == this) Loop::current() = nullptr;
  delete handles_;
}

uv_loop_s* UvLoop::raw() {
  is_touched_ = true;
  return &handles_->loop;
}

void UvLoop::run() {
  Loop::current() = this;
  due_ = turn(read_clock());
  while (!is_stopping_.load(std::memory_order_relaxed)) poll();
}

void UvLoop::stop() {
  is_stopping_ = true;
  uv_async_send(&handles_->wake);
}

bool UvLoop::step() {
  Loop::current() = this;
  due_ = turn(read_clock());
  poll();
  return true;
}

void UvLoop::run_uv() {
  is_touched_ = false;
  uv_run(&handles_->loop, UV_RUN_NOWAIT);
}

int UvLoop::patience() const {
  // Zero also when libuv has handles to close.
  if (is_touched_ || has_ready() || uv_backend_timeout(&handles_->loop) == 0) return 0;
  if (due_ == TimePoint::max()) return -1;
  Duration wait = std::clamp<Duration>(due_ - now(), Duration::zero(), kLongestWait);
  return static_cast<int>(wait.count());
}

void UvLoop::poll() {
  Handles& h = *handles_;
  int ready = ::epoll_wait(poller_, h.events, kBatch, patience());
  h.count = std::max(ready, 0);  // interrupted: nothing is ready
  bool has_uv = is_touched_ || uv_backend_timeout(&h.loop) == 0;
  for (int i = 0; i < h.count; ++i) {
    auto* watch = static_cast<FdWatch*>(h.events[i].data.ptr);
    if (watch == nullptr) {
      has_uv = has_uv || h.events[i].events != 0;
    } else {
      watch->deliver(h.events[i].events);
    }
  }
  h.count = 0;
  if (has_uv) run_uv();
  due_ = turn(read_clock());
}

void UvLoop::forget(const FdWatch& watch) {
  for (int i = 0; i < handles_->count; ++i) {
    epoll_event& event = handles_->events[i];
    if (event.data.ptr == &watch) event = {};
  }
}

}  // namespace fairlead::io
