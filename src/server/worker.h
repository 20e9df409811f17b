// One thread of the data plane: a loop, its listeners and connections, and the snapshot it serves
// from. Started and stopped by the Server; everything else reaches it through its mailbox.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "io/mailbox.h"
#include "io/uv_loop.h"
#include "io/worker_context.h"
#include "server/acceptor.h"
#include "server/options.h"
#include "server/pinned_snapshot.h"

namespace fairlead::server {

class Worker {
 public:
  struct Listening {
    int fd;
    size_t entry_point;
  };

  // `give_back` is called on the worker's thread with snapshots it has done with.
  Worker(unsigned index, const ServerOptions& options, std::vector<Listening> listening,
         std::vector<Listening> datagrams, SnapshotPtr snapshot, Observers observers,
         std::function<void(SnapshotPtr)> give_back);
  ~Worker();  // join()
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void join();
  // Before start().
  void replace_first(SnapshotPtr snapshot) { first_ = std::move(snapshot); }

  // From any thread. `acknowledge` runs on the worker's thread once the next request will see the
  // snapshot.
  void publish(SnapshotPtr snapshot, std::function<void()> acknowledge);
  void post(std::function<void()> job) { mailbox_->post(std::move(job)); }
  // Stops accepting and lets requests finish; idle connections close. `is_drained` says when none
  // is left.
  void drain(const DrainPatience& patience);
  // Ends whatever is left and the thread.
  void stop();
  bool is_drained() const { return is_drained_; }

 private:
  void run();
  io::Task<void> watch_drain();
  void pin_to_cpu();

  unsigned index_;
  const ServerOptions& options_;
  std::vector<Listening> listening_, datagrams_;
  SnapshotPtr first_;
  Observers observers_;
  std::function<void(SnapshotPtr)> give_back_;
  std::unique_ptr<io::UvLoop> loop_;
  std::unique_ptr<io::Mailbox> mailbox_;
  std::thread thread_;
  std::atomic<bool> is_drained_{false};

  struct State;
  State* state_ = nullptr;  // on the thread's stack while it runs
};

}  // namespace fairlead::server
