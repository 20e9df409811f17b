#include "io/mailbox.h"

#include <utility>

#include <uv.h>

namespace fairlead::io {

struct Mailbox::Handle {
  uv_async_t async;
  Mailbox* mailbox;
};

Mailbox::Mailbox(UvLoop& loop) : handle_(new Handle{{}, this}) {
  uv_async_init(loop.raw(), &handle_->async, [](uv_async_t* async) {
    auto* handle = reinterpret_cast<Handle*>(async);
    if (handle->mailbox != nullptr) handle->mailbox->deliver();
  });
}

Mailbox::~Mailbox() {
  deliver();
  handle_->mailbox = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->async),
           [](uv_handle_t* raw) { delete reinterpret_cast<Handle*>(raw); });
}

void Mailbox::post(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  uv_async_send(&handle_->async);
}

void Mailbox::deliver() {
  std::vector<std::function<void()>> jobs;
  {
    std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
  }
  for (auto& job : jobs) job();
}

}  // namespace fairlead::io
