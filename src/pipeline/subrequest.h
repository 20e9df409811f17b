// A request of our own on behalf of another one: an error page, a question to an authentication
// service. Shares its parent's client, scope and snapshot, and ends with it at the latest. One
// worker.
#pragma once

#include "pipeline/exchange.h"

namespace fairlead::pipeline {

class Subrequest final : public Exchange {
 public:
  // With the parent's client, scheme and host; method GET, path "/", no fields, no body. Lives in
  // the parent's arena, as its response does.
  static Subrequest& make(Exchange& parent);

  // With an arena of its own that outlives it: what it holds (a connection) goes with that, not
  // with the parent. Whoever makes it awaits end() before it is destroyed.
  Subrequest(Exchange& parent, Arena& arena);
  io::Task<void> end();

  // Nobody waits for interim answers.
  io::Task<Result<void>> inform(const http::ResponseHead&) override { return Result<void>(); }
  Response reply_to(const Error& error) override { return parent_.reply_to(error); }
  const Handler* service(std::string_view name) override { return parent_.service(name); }
  const Handler* newer_service(std::string_view name, const Handler& known) override {
    return parent_.newer_service(name, known);
  }

 private:
  // Keeps the parent until everything that was begun here has ended.
  static io::Task<void> outlive(Exchange& parent, Subrequest& sub);

  Exchange& parent_;
};

// The whole of a body, up to a bound; body_too_large beyond it. In the arena.
io::Task<Result<std::string_view>> read_whole(http::Body& body, uint64_t most, Arena& arena);

}  // namespace fairlead::pipeline
