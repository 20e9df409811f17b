#include "io/fd_watch.h"

#include <uv.h>

#include "base/block_pool.h"
#include "base/check.h"

namespace fairlead::io {

// Outlives the watch until libuv has called back for the close.
struct FdWatch::Handle {
  uv_poll_t poll;
  FdWatch* watch;
  Callback callback;
  void* context;

  static void on_event(uv_poll_t* poll, int status, int events) {
    auto* handle = static_cast<Handle*>(poll->data);
    if (handle->watch == nullptr) return;
    Events seen;
    if (status < 0) {
      // libuv stops the handle when epoll reports an error.
      handle->watch->wants_read_ = handle->watch->wants_write_ = false;
      seen = {true, true, true};
    } else {
      seen.is_readable = (events & UV_READABLE) != 0;
      seen.is_writable = (events & UV_WRITABLE) != 0;
    }
    handle->callback(handle->context, seen);
  }
  static void on_close(uv_handle_t* raw) {
    auto* handle = static_cast<Handle*>(raw->data);
    handle->~Handle();
    BlockPool::give(handle, sizeof(Handle));
  }
};

FdWatch::FdWatch(int fd, Callback callback, void* context)
    : handle_(::new(BlockPool::take(sizeof(Handle))) Handle) {
  auto& loop = static_cast<UvLoop&>(*Loop::current());
  handle_->watch = this;
  handle_->callback = callback;
  handle_->context = context;
  handle_->poll.data = handle_;
  FAIRLEAD_CHECK(uv_poll_init(loop.raw(), &handle_->poll, fd) == 0);
}

void FdWatch::want(bool read, bool write) {
  if (handle_ == nullptr || (read == wants_read_ && write == wants_write_)) return;
  wants_read_ = read;
  wants_write_ = write;
  int events = (read ? UV_READABLE : 0) | (write ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
  } else {
    uv_poll_start(&handle_->poll, events, &Handle::on_event);
  }
}

void FdWatch::close() {
  if (handle_ == nullptr) return;
  handle_->watch = nullptr;
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll), &Handle::on_close);
  handle_ = nullptr;
}

}  // namespace fairlead::io
