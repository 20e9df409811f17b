// The data plane as a whole: opens the entry points, starts one worker per CPU, hands snapshots to
// all of them, and ends it all in order. Used by the control thread (cmd/fairlead/run.cc) only.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/mailbox.h"
#include "server/inherited_sockets.h"
#include "server/listening_sockets.h"
#include "server/options.h"
#include "server/worker.h"

namespace fairlead::server {

class Server {
 public:
  // Opens every listening socket; on failure says which address and why, with what to do about it.
  static std::expected<std::unique_ptr<Server>, std::string> open(ServerOptions options,
                                                                  SnapshotPtr first,
                                                                  Observers observers,
                                                                  io::Mailbox& control,
                                                                  InheritedSockets& inherited);
  ~Server();

  void start();
  // Before start(): what the workers will serve first.
  void replace_first(SnapshotPtr snapshot);
  // Hands the snapshot to every worker; `all_have_it` runs on the control thread when each has
  // taken it.
  void publish(SnapshotPtr snapshot, std::function<void()> all_have_it);
  // Runs `job` on every worker's thread; `all_have_run` follows on the control thread.
  void on_every_worker(std::function<void()> job, std::function<void()> all_have_run);
  void drain(const DrainPatience& patience, ListeningSockets::Files files);
  // What a successor must be given to serve the same addresses; until drain().
  std::vector<HandedSocket> handed_sockets() const { return sockets_.handed(); }
  bool is_drained() const;
  // Ends the workers, whatever they are doing.
  void stop();

  const ServerOptions& options() const { return options_; }

 private:
  Server(ServerOptions options, io::Mailbox& control)
      : options_(std::move(options)), control_(control) {}
  std::function<void()> when_all(std::function<void()> done);

  ServerOptions options_;
  io::Mailbox& control_;
  ListeningSockets sockets_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace fairlead::server
