// The process that is to take our place: the program started again, with our listening sockets and
// a pipe on which it says that it is ready. Until then nothing of ours changes; if it ends or says
// nothing, we go on as if nothing had been. Control thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "io/fd_watch.h"
#include "io/scope.h"
#include "io/task.h"
#include "io/wait.h"
#include "server/inherited_sockets.h"

namespace fairlead::server {

// How this process was started; read from /proc once.
struct Program {
  static Program own();
  const std::string& name() const { return words.empty() ? path : words.front(); }
  std::vector<std::string> words;  // with the program's name, by which it is found again
  std::string path;                // what runs now, if the name leads nowhere
};

class Successor {
 public:
  // The error says what to do about it.
  static std::expected<std::unique_ptr<Successor>, std::string> start(
      const Program& program, const std::vector<HandedSocket>& sockets);
  // Ends the process unless it is ready.
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  pid_t pid() const { return pid_; }
  // Until it serves; the error says how it ended, or that `limit` has passed.
  io::Task<std::expected<void, std::string>> ready(io::Duration limit, io::Scope* scope);

 private:
  Successor(pid_t pid, int ready_fd);
  static void on_event(void* self, io::FdWatch::Events events);
  std::string how_it_ended();

  pid_t pid_;
  int ready_fd_;
  io::FdWatch watch_;
  io::Event told_;
  bool is_ready_ = false;
};

}  // namespace fairlead::server
