// What a middleware is: a link of a route's chain. It receives the exchange and what comes next,
// and returns a reply; retry, error pages and auth are ordinary if, for and return. Immutable and
// shared by all workers: handle() is const, and what changes lives in a WorkerContext slot.
//
// The one trap: after `co_await next(x)` the head is ready, the body is not yet sent. What must
// live until the last byte goes into x.hold().
#pragma once

#include <span>

#include "io/task.h"
#include "pipeline/exchange.h"

namespace fairlead::pipeline {

// The end of every chain: a service, or one of the internal ones. Immutable, shared by all workers.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual io::Task<Reply> handle(Exchange& x) const = 0;
  // Somebody is there to answer, as far as is known: services that choose among others ask it.
  virtual bool is_available(io::TimePoint now) const {
    (void)now;
    return true;
  }
};

class Middleware;

// The rest of a chain. A value of two words; calling it runs the next link.
class Next {
 public:
  Next(std::span<const Middleware* const> rest, const Handler& last) : rest_(rest), last_(&last) {}
  io::Task<Reply> operator()(Exchange& x) const;

 private:
  std::span<const Middleware* const> rest_;
  const Handler* last_;
};

class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual io::Task<Reply> handle(Exchange& x, Next next) const = 0;
};

// A middleware that only edits heads. on_request may refuse by returning an error or answer at once
// with a response.
class Edit : public Middleware {
 public:
  virtual void on_request(Exchange&) const {}
  virtual void on_response(Exchange&, http::ResponseHead&) const {}
  // False when on_response does nothing: then handle() costs no frame.
  virtual bool edits_responses() const { return true; }
  io::Task<Reply> handle(Exchange& x, Next next) const final;
};

inline io::Task<Reply> Next::operator()(Exchange& x) const {
  if (rest_.empty()) return last_->handle(x);
  return rest_.front()->handle(x, Next(rest_.subspan(1), *last_));
}

}  // namespace fairlead::pipeline
