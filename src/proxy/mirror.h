// One copy of a request for a mirror: an exchange of its own without a client, whose answer is read
// and thrown away. Runs in the worker's scope of detached work, keeps the configuration it began
// under, and ends with its deadline at the latest. One worker.
#pragma once

#include <memory>

#include "pipeline/middleware.h"
#include "proxy/tee_body.h"

namespace fairlead::proxy {

// The mirrors of one service that run on one worker, in its slot.
struct MirrorCount {
  static constexpr size_t kMost = 128;
  size_t running = 0;
};

class MirrorJob {
 public:
  // A mirror that takes longer is cut off.
  static constexpr io::Duration kLongest{60'000};
  // Of its answer; a longer one is not waited for.
  static constexpr uint64_t kMostAnswer = 16 * 1024 * 1024;

  // Copies the head of `main`. `feed` null: without a body.
  MirrorJob(pipeline::Exchange& main, std::shared_ptr<const pipeline::Handler> service,
            FeedPtr feed, MirrorCount& count);
  ~MirrorJob();
  MirrorJob(const MirrorJob&) = delete;
  MirrorJob& operator=(const MirrorJob&) = delete;

  // Hands the job to its worker.
  static void start(std::unique_ptr<MirrorJob> job);

 private:
  class Exchange;

  static io::Task<void> run(std::unique_ptr<MirrorJob> job);
  void copy_head(pipeline::Exchange& main);

  std::shared_ptr<const void> configuration_;  // goes last
  std::shared_ptr<const pipeline::Handler> service_;
  MirrorCount& count_;
  io::Address peer_, local_;
  Arena arena_;
  std::unique_ptr<Exchange> x_;
};

}  // namespace fairlead::proxy
