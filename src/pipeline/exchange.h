// One request on its way: its head and body, the peer, the matched route, the arena that all of it
// lives in, and the scope whose cancellation ends every wait made on its behalf. Made by
// server/serve.cc for each request, passed by reference to middlewares and services, gone when the
// last byte is out. One worker.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/arena.h"
#include "http/body.h"
#include "http/message.h"
#include "io/address.h"
#include "io/scope.h"
#include "io/stream.h"
#include "io/worker_context.h"
#include "observe/record.h"

namespace fairlead::tls {
struct Session;
}

namespace fairlead::pipeline {

struct Route;
class Handler;

// What runs after the head of an upgraded connection (101, CONNECT) has been sent: owns the
// upstream side.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
  // Copies both ways until both ends have finished or failed. `early` are bytes the client sent
  // after its head.
  virtual io::Task<void> run(io::Stream& client, std::string_view early) = 0;
};

// An answer as a value. Head, body and tunnel live in the exchange's arena. A response without body
// has body null.
struct Response {
  http::ResponseHead* head = nullptr;
  http::Body* body = nullptr;
  Tunnel* tunnel = nullptr;
};

// An error travels the same road as a response; server/serve.cc turns it into one
// (proxy/error_reply.h).
using Reply = Result<Response>;

// Somebody who wants to know how an exchange ended. Lives in its arena.
class Ending {
 public:
  // The record is complete; the arena still stands.
  virtual void ended(const observe::Record& record) = 0;

 protected:
  ~Ending() = default;
};

// What a link of the chain does to a response that is not there yet.
class LateEdit {
 public:
  virtual ~LateEdit() = default;
  virtual void apply(http::ResponseHead& head) const = 0;
};

class Exchange {
 public:
  Exchange(Arena& arena, io::WorkerContext& worker, io::Scope* parent)
      : arena(arena), scope(parent), request(arena), worker_(worker) {}
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Arena& arena;
  io::Scope scope;
  http::RequestHead request;
  http::Body* request_body = nullptr;  // null when the request has none

  const io::Address* peer = nullptr;  // the socket's peer, after PROXY protocol
  const io::Address* local = nullptr;
  bool is_tls = false;
  const tls::Session* tls = nullptr;  // of the client's connection; null: clear text
  bool is_request_body_touched =
      false;                       // somebody began to read it: the request cannot be sent again
  bool has_forwarded_for = false;  // X-Forwarded-For has this hop's peer already
  const Route* route = nullptr;    // set before the chain runs
  // Fields for middlewares only: the client's Connection field names them.
  std::span<const std::string_view> ends_at_this_hop;
  // What the upstream sent, before middlewares change it; kept for the access log if it wants it.
  bool keeps_upstream_fields = false;
  std::span<const http::Field> upstream_fields;
  observe::Record record;
  Ending* ending = nullptr;

  io::WorkerContext& worker() { return worker_; }

  // Keeps `thing` until the last byte of the answer is out (or the exchange failed). Permits, spans
  // and counters go here; a stack object in a middleware is gone when the head is ready, before the
  // body is sent.
  template <class T>
  T& hold(T thing) {
    return *arena.make<T>(std::move(thing));
  }

  // A small answer of our own. `body` must live as long as the arena (literals do). Content-Type is
  // text/plain.
  Response reply(unsigned status, std::string_view body = {});
  // The body that belongs to a status as Go's http.Error writes it: reason phrase and nothing else.
  Response reply_with_reason(unsigned status);

  // What the client gets for an error when nobody answers it otherwise. Filled in by the server.
  virtual Response reply_to(const Error& error) {
    (void)error;
    return reply_with_reason(500);
  }

  // An error passes a link that edits responses: what the client gets for it in the end is edited
  // then, by the innermost link first. `edit` lives in the arena.
  void edit_later(const LateEdit& edit);
  void forget_late_edits() { late_edits_ = nullptr; }

  io::Wait sleep(io::Duration time) { return io::sleep_for(time, &scope); }

  // The service of that name as the newest configuration has it; null when it is gone or the same
  // as `known`. What began under an old configuration may so end at a server of the new one.
  virtual const Handler* newer_service(std::string_view name, const Handler& known) {
    (void)name, (void)known;
    return nullptr;
  }

  // Keeps what this exchange is served from (services, slots) as it is until the result is gone:
  // for work that goes on after it. To be let go on the same worker.
  virtual std::shared_ptr<const void> keep_configuration() { return nullptr; }

  // A service that a middleware uses beside the route's own (MakeContext::use_service), by its
  // qualified name, of the snapshot that serves this exchange. Null when there is none.
  virtual const Handler* service(std::string_view name) {
    (void)name;
    return nullptr;
  }

  // Sends an interim (1xx) head to the client at once. HTTP/1.0 clients get none.
  virtual io::Task<Result<void>> inform(const http::ResponseHead& head) = 0;

 protected:
  void apply_late_edits(http::ResponseHead& head) const;

 private:
  struct Late {
    const LateEdit& edit;
    Late* next;
  };
  Late* late_edits_ = nullptr;
  io::WorkerContext& worker_;
};

}  // namespace fairlead::pipeline
