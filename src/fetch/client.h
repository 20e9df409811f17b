// The control plane's HTTP client: libcurl on the control loop, with connections that are used
// again. Redirects are followed on request only. Owned by whoever composes the control plane; one
// thread; outlives every request and stream made with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/message.h"
#include "io/scope.h"
#include "io/task.h"
#include "io/wait.h"

namespace fairlead::fetch {

class Multi;
struct Transfer;

// An answer that comes in lines and may never end: Docker's events, a Kubernetes watch. Closing is
// destroying. Not reading is backpressure: beyond 1 MiB of unread lines the connection is not read.
class LineStream {
 public:
  LineStream(Multi& multi, std::unique_ptr<Transfer> transfer);
  ~LineStream();
  LineStream(const LineStream&) = delete;
  LineStream& operator=(const LineStream&) = delete;

  int status() const;
  std::string_view header(std::string_view name) const;
  // The next line without its end, or nullopt when the server ended the answer. A timeout is a
  // Failure with the timeout's code, and the stream goes on. A last line that lacks its end counts.
  io::Task<Outcome<std::optional<std::string>>> next_line(io::Timeout timeout, io::Scope& scope);
  // A line that is already here.
  std::optional<std::string> try_line();

 private:
  Multi& multi_;
  std::unique_ptr<Transfer> transfer_;
};

// An answer of any length that is taken as it comes. Closing is destroying; not reading is
// backpressure, as above.
class ByteStream {
 public:
  ByteStream(Multi& multi, std::unique_ptr<Transfer> transfer);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  int status() const;
  std::string_view header(std::string_view name) const;
  // What has come since the last call, or nullopt at the end. A timeout is a Failure with the
  // timeout's code, and the stream goes on.
  io::Task<Outcome<std::optional<std::string>>> next_bytes(io::Timeout timeout, io::Scope& scope);

 private:
  Multi& multi_;
  std::unique_ptr<Transfer> transfer_;
};

class Client {
 public:
  Client();  // on the loop of this thread, a UvLoop
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any status is an answer; a Failure means that there was none.
  io::Task<Outcome<Response>> send(Request request, io::Scope& scope);
  // Ready when the head is here; the caller looks at status().
  io::Task<Outcome<std::unique_ptr<LineStream>>> open_lines(Request request, io::Scope& scope);
  io::Task<Outcome<std::unique_ptr<ByteStream>>> open_bytes(Request request, io::Scope& scope);

 private:
  // Until the head is here.
  io::Task<Outcome<std::unique_ptr<Transfer>>> open(std::unique_ptr<Transfer> transfer,
                                                    io::Scope& scope);

  std::unique_ptr<Multi> multi_;
};

}  // namespace fairlead::fetch
