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

namespace {
// Outlives its waiter when that gives up.
struct SharedWork {
  uv_work_t request;
  std::shared_ptr<PoolJob> job;
  Event* done;  // null once nobody waits
};
}  // namespace

Task<Result<void>> run_shared_on_pool(std::shared_ptr<PoolJob> job, Scope* scope) {
  Event done;
  auto* work = new SharedWork{{}, std::move(job), &done};
  work->request.data = work;
  auto& loop = static_cast<UvLoop&>(*Loop::current());
  uv_queue_work(
      loop.raw(), &work->request,
      [](uv_work_t* r) { static_cast<SharedWork*>(r->data)->job->run(); },
      [](uv_work_t* r, int) {
        std::unique_ptr<SharedWork> finished(static_cast<SharedWork*>(r->data));
        if (finished->done != nullptr) finished->done->set();
      });
  Result<void> ended = co_await done.wait(scope);
  // The wait may have ended by the scope in the turn in which the work did.
  if (!done.is_set()) work->done = nullptr;
  co_return ended;
}

}  // namespace fairlead::io
