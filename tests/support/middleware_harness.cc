#include "tests/support/middleware_harness.h"

#include <deque>

#include "config/node.h"
#include "pipeline/route.h"
#include "proxy/error_reply.h"
#include "tests/support/allocation_count.h"
#include "tests/support/virtual_loop.h"

namespace fairlead::testing {
namespace {

class TestExchange final : public pipeline::Exchange {
 public:
  TestExchange(Arena& arena, io::WorkerContext& worker, MiddlewareHarness& harness)
      : Exchange(arena, worker, nullptr), harness_(harness) {}
  const pipeline::Handler* service(std::string_view name) override;
  io::Task<Result<void>> inform(const http::ResponseHead&) override { return Result<void>(); }
  pipeline::Response reply_to(const Error& error) override {
    return proxy::make_error_reply(*this, error);
  }

 private:
  MiddlewareHarness& harness_;
};

FieldList copied(const http::HeaderMap& headers) {
  FieldList list;
  for (const http::Field& field : headers.fields()) {
    list.emplace_back(std::string(field.name), std::string(field.value));
  }
  return list;
}

std::string joined(const FieldList& list, std::string_view name) {
  std::string out;
  bool is_first = true;
  for (const auto& [key, value] : list) {
    if (!http::equals_ignore_case(key, name)) continue;
    if (!is_first) out += '|';
    out += value;
    is_first = false;
  }
  return out;
}

bool contains(const FieldList& list, std::string_view name) {
  for (const auto& [key, value] : list) {
    if (http::equals_ignore_case(key, name)) return true;
  }
  return false;
}

class ScriptedBody final : public http::Body {
 public:
  ScriptedBody(Arena& arena, const TestUpstream& upstream) : upstream_(upstream), trailers_(arena) {
    if (!upstream.trailer.empty()) trailers_.add("X-Trailer", upstream.trailer);
  }
  io::Task<Result<http::Chunk>> read() override {
    size_t at = next_++;
    bool is_last = at + 1 >= upstream_.chunks.size();
    std::string_view bytes =
        at < upstream_.chunks.size() ? upstream_.chunks[at] : std::string_view();
    return Result<http::Chunk>(http::Chunk::of_static(bytes, is_last));
  }
  const http::HeaderMap* trailers() const override {
    return trailers_.empty() ? nullptr : &trailers_;
  }
  bool is_finished() const override { return next_ >= upstream_.chunks.size(); }
  int64_t length() const override {
    if (!upstream_.tells_length) return -1;
    size_t bytes = 0;
    for (const std::string& chunk : upstream_.chunks) bytes += chunk.size();
    return static_cast<int64_t>(bytes);
  }

 private:
  const TestUpstream& upstream_;
  http::HeaderMap trailers_;
  size_t next_ = 0;
};

// The request's body, chunk by chunk; one that says "wait" comes a virtual second later.
class TestBody final : public http::Body {
 public:
  explicit TestBody(const std::vector<std::string>& chunks) : chunks_(chunks) {}
  io::Task<Result<http::Chunk>> read() override {
    if (next_ < chunks_.size() && chunks_[next_] == "wait") return wait();
    return give();
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return -1; }

 private:
  Result<http::Chunk> give() {
    if (next_ < chunks_.size()) return http::Chunk::of_static(chunks_[next_++]);
    is_finished_ = true;
    return http::Chunk::end();
  }
  io::Task<Result<http::Chunk>> wait() {
    ++next_;
    (void)co_await io::sleep_for(io::Duration{1000}, nullptr);
    co_return give();
  }

  const std::vector<std::string>& chunks_;
  size_t next_ = 0;
  bool is_finished_ = false;
};

class ScriptedUpstream final : public pipeline::Handler {
 public:
  explicit ScriptedUpstream(MiddlewareHarness& harness) : harness_(harness) {}
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    uint64_t before = fairlead::test::allocation_count();
    const http::RequestHead& r = x.request;
    harness_.seen.push_back({std::string(r.path),
                             std::string(r.query),
                             std::string(r.authority),
                             std::string(r.host),
                             copied(r.headers),
                             {},
                             std::string(r.method_text),
                             x.has_forwarded_for});
    const TestUpstream* answer = &harness_.upstream;
    if (!harness_.script.empty()) {
      used_.push_back(std::move(harness_.script.front()));
      harness_.script.pop_front();
      answer = &used_.back();
    }
    harness_.upstream_allocations += fairlead::test::allocation_count() - before;
    bool takes_time = answer->delay_ms > 0 || x.request_body != nullptr;
    if (takes_time) return answer_later(harness_, x, *answer);
    return reply(harness_, x, *answer);
  }

 private:
  static pipeline::Reply reply(MiddlewareHarness& harness, pipeline::Exchange& x,
                               const TestUpstream& answer) {
    if (answer.error) return fail(*answer.error);
    uint64_t before = fairlead::test::allocation_count();
    auto* head = x.arena.make<http::ResponseHead>(x.arena);
    head->status = static_cast<uint16_t>(answer.status);
    for (const auto& [name, value] : answer.headers) head->headers.add(name, value);
    http::Body* body = nullptr;
    if (!answer.chunks.empty()) body = x.arena.make<ScriptedBody>(x.arena, answer);
    harness.upstream_allocations += fairlead::test::allocation_count() - before;
    return pipeline::Response{head, body, nullptr};
  }

  static io::Task<pipeline::Reply> answer_later(MiddlewareHarness& harness, pipeline::Exchange& x,
                                                const TestUpstream& answer) {
    size_t number = harness.seen.size() - 1;
    http::Body* body = x.request_body;
    if (body != nullptr && answer.reads_body) x.is_request_body_touched = true;
    while (body != nullptr && answer.reads_body && !body->is_finished()) {
      Result<http::Chunk> chunk = co_await body->read();
      if (!chunk) co_return fail(chunk.error());
      harness.seen[number].body += chunk->bytes();
    }
    if (answer.delay_ms > 0) (void)co_await x.sleep(io::Duration{answer.delay_ms});
    co_return reply(harness, x, answer);
  }

  MiddlewareHarness& harness_;
  mutable std::deque<TestUpstream> used_;
};

// A service that a middleware uses beside the route's own.
class SideService final : public pipeline::Handler {
 public:
  SideService(MiddlewareHarness& harness, const TestUpstream& answer)
      : harness_(harness), answer_(answer) {}
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    return answer(harness_, x, answer_);
  }

 private:
  static io::Task<pipeline::Reply> answer(MiddlewareHarness& harness, pipeline::Exchange& x,
                                          const TestUpstream& answer) {
    const http::RequestHead& r = x.request;
    SeenRequest seen{std::string(r.path),        std::string(r.query), std::string(r.authority),
                     std::string(r.host),        copied(r.headers),    {},
                     std::string(r.method_text), x.has_forwarded_for};
    while (x.request_body != nullptr && !x.request_body->is_finished()) {
      Result<http::Chunk> chunk = co_await x.request_body->read();
      if (!chunk) co_return fail(chunk.error());
      seen.body += chunk->bytes();
    }
    harness.asked.push_back(std::move(seen));
    if (answer.delay_ms > 0) {
      Result<void> slept = co_await x.sleep(io::Duration{answer.delay_ms});
      if (!slept) co_return fail(slept.error());
    }
    if (answer.error) co_return fail(*answer.error);
    auto* head = x.arena.make<http::ResponseHead>(x.arena);
    head->status = static_cast<uint16_t>(answer.status);
    for (const auto& [name, value] : answer.headers) head->headers.add(name, value);
    http::Body* body = nullptr;
    if (!answer.chunks.empty()) body = x.arena.make<ScriptedBody>(x.arena, answer);
    co_return pipeline::Response{head, body, nullptr};
  }

  MiddlewareHarness& harness_;
  const TestUpstream& answer_;
};

const pipeline::Handler* TestExchange::service(std::string_view name) {
  harness_.last_service = name;
  auto found = harness_.services.find(std::string(name));
  if (found == harness_.services.end()) return nullptr;
  return arena.make<SideService>(harness_, found->second);
}

struct TestContext final : middleware::MakeContext {
  uint32_t slots = 0;
  TestContext() { name = "tested@file"; }
  io::SlotId slot(std::string_view) override { return {slots++, 1}; }
  void use_service(std::string_view) override {}
};

struct Call {
  Call(const TestRequest& from, io::WorkerContext& worker, MiddlewareHarness& harness)
      : text(from), x(arena, worker, harness) {
    http::RequestHead& r = x.request;
    r.method_text = text.method;
    r.method = http::method_of(text.method);
    r.authority = text.host;
    r.host = std::string_view(text.host).substr(0, text.host.rfind(':'));
    r.path = text.path;
    r.query = text.query;
    r.has_query = !text.query.empty();
    target = r.has_query ? text.path + "?" + text.query : text.path;
    r.target = target;
    for (const auto& [name, value] : text.headers) r.headers.add(name, value);
    if (Result<io::Address> address = io::Address::parse(text.peer, 4711)) {
      peer = *address;
      x.peer = &peer;
    }
    x.is_tls = text.is_tls || text.tls != nullptr;
    x.tls = text.tls;
    if (!text.body.empty()) x.request_body = &body;
    if (!text.router.empty()) x.route = &route;
    route.name = text.router;
  }

  TestRequest text;
  std::string target;
  TestBody body{text.body};
  pipeline::Route route;
  Arena arena;
  TestExchange x;
  io::Address peer;
  TestAnswer answer;
};

io::Task<void> answer_call(MiddlewareHarness& harness, pipeline::Next next, Call& call) {
  harness.upstream_allocations = 0;
  uint64_t before = fairlead::test::allocation_count();
  pipeline::Reply reply = co_await next(call.x);
  call.answer.allocations =
      fairlead::test::allocation_count() - before - harness.upstream_allocations;
  call.answer.user = call.x.record.user;
  if (!reply) {
    call.answer.error = reply.error().code;
    co_return;
  }
  call.answer.status = reply->head->status;
  call.answer.headers = copied(reply->head->headers);
  while (reply->body != nullptr && !reply->body->is_finished()) {
    Result<http::Chunk> chunk = co_await reply->body->read();
    if (!chunk) co_return;
    call.answer.body += chunk->bytes();
  }
  if (reply->body != nullptr && reply->body->trailers() != nullptr) {
    for (auto& field : copied(*reply->body->trailers())) call.answer.headers.push_back(field);
  }
}

// As server/serve.cc does it: what still goes on beside the answer ends with it.
io::Task<void> run_call(MiddlewareHarness& harness, pipeline::Next next, Call& call) {
  co_await answer_call(harness, next, call);
  call.x.scope.cancel(Error{Code::cancelled});
  co_await call.x.scope.join();
}

}  // namespace

std::string SeenRequest::header(std::string_view name) const { return joined(headers, name); }
bool SeenRequest::has(std::string_view name) const { return contains(headers, name); }
std::string TestAnswer::header(std::string_view name) const { return joined(headers, name); }
bool TestAnswer::has(std::string_view name) const { return contains(headers, name); }

struct MiddlewareHarness::Parts {
  explicit Parts(MiddlewareHarness& harness) : end(harness) {}
  ScriptedUpstream end;
  TestContext context;
  config::Diagnostics diagnostics;
  std::vector<std::unique_ptr<const pipeline::Middleware>> made;
  std::vector<const pipeline::Middleware*> chain;
  bool is_made = true;
  std::unique_ptr<VirtualLoop> own_loop;
  std::unique_ptr<io::WorkerContext> worker;
};

MiddlewareHarness::MiddlewareHarness(std::string_view type, std::string_view yaml)
    : parts_(std::make_unique<Parts>(*this)) {
  add(type, yaml);
}

MiddlewareHarness::~MiddlewareHarness() = default;

void MiddlewareHarness::add(std::string_view type, std::string_view yaml) {
  config::Node node = config::parse_yaml(yaml, "test", parts_->diagnostics);
  config::Reader reader(&node, "", "", "", parts_->diagnostics);
  const middleware::MiddlewareType* found = middleware::find_middleware(type);
  auto made = found != nullptr ? found->make(reader, parts_->context) : nullptr;
  reader.finish();
  if (!made) {
    parts_->is_made = false;
    return;
  }
  parts_->chain.push_back(made.get());
  parts_->made.push_back(std::move(made));
}

bool MiddlewareHarness::is_made() const { return parts_->is_made; }

std::string MiddlewareHarness::faults() const {
  std::string out;
  for (config::Diagnostic d : parts_->diagnostics) {
    d.source.clear();
    out += d.text() + "\n";
  }
  return out;
}

std::vector<TestAnswer> MiddlewareHarness::run_together(const std::vector<TestRequest>& requests) {
  if (!parts_->is_made) return std::vector<TestAnswer>(requests.size());
  if (loop == nullptr) {
    parts_->own_loop = std::make_unique<VirtualLoop>();
    loop = parts_->own_loop.get();
  }
  if (!parts_->worker) parts_->worker = std::make_unique<io::WorkerContext>(*loop, 0);
  std::deque<Call> calls;
  io::Scope scope;
  io::Loop::current() = loop;
  for (const TestRequest& request : requests) {
    Call& call = calls.emplace_back(request, *parts_->worker, *this);
    scope.spawn(run_call(*this, pipeline::Next(parts_->chain, parts_->end), call));
  }
  // A step may wait for an event: everything that needs none goes first.
  for (loop->drain_ready(); !scope.is_idle(); loop->drain_ready()) loop->step();
  std::vector<TestAnswer> answers;
  for (Call& call : calls) answers.push_back(std::move(call.answer));
  return answers;
}

}  // namespace fairlead::testing
