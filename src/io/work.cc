#include "io/work.h"

#include <uv.h>

#include "io/uv_loop.h"
#include "io/wait.h"

namespace fairlead::io {

Task<void> run_on_pool(std::function<void()> job) {
  struct Work {
    uv_work_t request;
    std::function<void()> job;
    Event done;
  };
  Work work{{}, std::move(job), {}};
  work.request.data = &work;
  auto& loop = static_cast<UvLoop&>(*Loop::current());
  uv_queue_work(
      loop.raw(), &work.request, [](uv_work_t* r) { static_cast<Work*>(r->data)->job(); },
      [](uv_work_t* r, int) { static_cast<Work*>(r->data)->done.set(); });
  if (!work.done.is_set()) {
    Result<void> finished = co_await work.done.wait(nullptr);
    (void)finished;
  }
}

}  // namespace fairlead::io
