// Services made of services, over made-up ones that record what they see.
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "proxy/failover.h"
#include "proxy/highest_random_weight.h"
#include "proxy/mirror.h"
#include "proxy/mirroring.h"
#include "proxy/weighted.h"
#include "support/virtual_loop.h"

using namespace fairlead;
using namespace fairlead::proxy;

namespace {

class Exchange final : public pipeline::Exchange {
 public:
  Exchange(Arena& arena, io::WorkerContext& worker) : pipeline::Exchange(arena, worker, nullptr) {}
  io::Task<Result<void>> inform(const http::ResponseHead&) override { return Result<void>(); }
};

class Service final : public pipeline::Handler {
 public:
  struct Seen {
    std::string method, path, body, header;
    bool is_complete = true;
  };
  unsigned status = 200;
  std::optional<Error> error;
  bool is_up = true;
  bool reads_body = true;
  int delay_ms = 0;
  mutable std::vector<Seen> seen;

  bool is_available(io::TimePoint) const override { return is_up; }
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    Seen what{std::string(x.request.method_text), std::string(x.request.path), "",
              std::string(x.request.headers.get("X-Test"))};
    x.request.path = "/changed";
    if (delay_ms > 0) {
      Result<void> slept = co_await x.sleep(io::Duration(delay_ms));
      if (!slept) co_return fail(slept.error());
    }
    if (x.request_body != nullptr && reads_body) {
      x.is_request_body_touched = true;
      for (;;) {
        Result<http::Chunk> chunk = co_await x.request_body->read();
        if (!chunk) {
          what.is_complete = false;
          seen.push_back(what);
          co_return fail(chunk.error());
        }
        what.body += chunk->bytes();
        if (chunk->is_last()) break;
      }
    }
    seen.push_back(what);
    if (error) co_return fail(*error);
    co_return x.reply(status, "answer");
  }
};

// Chunks that come one by one, a millisecond apart.
class SlowBody final : public http::Body {
 public:
  SlowBody(std::vector<std::string> chunks, bool tells_length)
      : chunks_(std::move(chunks)), tells_length_(tells_length) {}
  io::Task<Result<http::Chunk>> read() override {
    Result<void> slept = co_await io::sleep_for(io::Duration(1), nullptr);
    if (!slept) co_return fail(slept.error());
    const std::string& text = chunks_[at_++];
    bytes_ += text.size();
    http::Buffer* buffer = http::Buffer::take(sizeof(http::Buffer) + text.size());
    std::copy(text.begin(), text.end(), buffer->bytes());
    http::Chunk chunk(buffer, {buffer->bytes(), text.size()}, at_ == chunks_.size());
    buffer->drop();
    co_return chunk;
  }
  bool is_finished() const override { return at_ == chunks_.size(); }
  int64_t length() const override {
    if (!tells_length_) return -1;
    int64_t sum = 0;
    for (const auto& one : chunks_) sum += static_cast<int64_t>(one.size());
    return sum;
  }
  uint64_t bytes_read() const override { return bytes_; }

 private:
  std::vector<std::string> chunks_;
  bool tells_length_;
  size_t at_ = 0;
  uint64_t bytes_ = 0;
};

struct Request {
  std::string method = "GET", cookie = {}, client = "192.0.2.1";
  std::vector<std::string> body = {};
  bool tells_length = true;
};

struct Bench {
  testing::VirtualLoop loop;
  io::WorkerContext worker{loop, 0};
  std::shared_ptr<upstream::BalancerState> state = std::make_shared<upstream::BalancerState>();

  struct Answer {
    unsigned status = 0;  // 0: an error
    Code error = Code::ok;
    std::string cookie;
  };

  Answer send(const pipeline::Handler& service, const Request& request = {}) {
    Arena arena;
    Answer answer;
    {
      Exchange x(arena, worker);
      io::Address peer = *io::Address::parse(request.client, 1);
      x.peer = &peer;
      x.request.method_text = request.method;
      x.request.method = http::method_of(request.method);
      x.request.path = "/path";
      x.request.headers.add("X-Test", "yes");
      if (!request.cookie.empty())
        x.request.headers.add(http::FieldId::cookie, arena.copy(request.cookie));
      if (!request.body.empty())
        x.request_body = arena.make<SlowBody>(request.body, request.tells_length);
      auto reply = loop.run(service.handle(x));
      REQUIRE(reply.has_value());
      if (*reply) {
        answer.status = (*reply)->head->status;
        answer.cookie = (*reply)->head->headers.get(http::FieldId::set_cookie);
      } else {
        answer.error = reply->error().code;
      }
    }
    return answer;
  }
  void settle() {
    while (!worker.detached().is_idle()) loop.step();
  }
};

const std::vector<std::string> kBody = {"one ", "two ", "three"};

}  // namespace

TEST_CASE("weighted_shares_out_and_passes_over_who_is_down") {
  Bench stage;
  auto a = std::make_shared<Service>(), b = std::make_shared<Service>(),
       c = std::make_shared<Service>();
  WeightedService service({{a, 3}, {b, 1}, {c, 0}}, stage.state);
  for (int i = 0; i < 40; ++i) CHECK(stage.send(service).status == 200);
  CHECK(a->seen.size() == 30);
  CHECK(b->seen.size() == 10);
  CHECK(c->seen.empty());
  a->is_up = false;
  for (int i = 0; i < 10; ++i) stage.send(service);
  CHECK(a->seen.size() == 30);
  CHECK(service.is_available(stage.loop.now()));
  b->is_up = false;
  CHECK_FALSE(service.is_available(stage.loop.now()));
  CHECK(stage.send(service).status == 200);  // better somebody than nobody
  CHECK(stage.send(WeightedService({}, stage.state)).error == Code::no_server);
}

TEST_CASE("weighted_keeps_sessions_while_their_service_is_up") {
  Bench stage;
  auto a = std::make_shared<Service>(), b = std::make_shared<Service>();
  auto sticky = std::make_unique<Stickiness>(
      CookieSettings{.name = "s"}, "w@file", std::vector<std::string>{"a", "b"},
      std::vector<std::pair<std::string, size_t>>{{"a@file", 0}, {"b@file", 1}});
  WeightedService service({{a, 1}, {b, 1}}, stage.state, std::move(sticky));
  std::string cookie = stage.send(service).cookie;
  CHECK(cookie == "s=" + sticky_value("a") + "; Path=/");
  std::string session = "s=" + sticky_value("a");
  for (int i = 0; i < 5; ++i) CHECK(stage.send(service, {.cookie = session}).cookie.empty());
  CHECK(a->seen.size() == 6);
  // Another proxy's way to write the same.
  CHECK(stage.send(service, {.cookie = "s=" + sticky_value("a@file")}).cookie == cookie);
  a->is_up = false;
  CHECK(stage.send(service, {.cookie = session}).cookie == "s=" + sticky_value("b") + "; Path=/");
  CHECK(b->seen.size() == 1);
}

TEST_CASE("highest_random_weight_keeps_clients_and_moves_those_of_a_dead_service") {
  Bench stage;
  std::vector<std::shared_ptr<Service>> services;
  std::vector<HashedChild> children;
  for (int i = 0; i < 3; ++i) {
    services.push_back(std::make_shared<Service>());
    children.push_back({services.back(), "s" + std::to_string(i), i == 2 ? 0 : 1});
  }
  HighestRandomWeightService service(children);
  std::map<std::string, int> before;
  auto place = [&](const std::string& client) {
    for (auto& one : services) one->seen.clear();
    CHECK(stage.send(service, {.client = client}).status == 200);
    for (int i = 0; i < 3; ++i) {
      if (!services[static_cast<size_t>(i)]->seen.empty()) return i;
    }
    return -1;
  };
  int at_first = 0;
  for (int i = 0; i < 60; ++i) {
    std::string client = "192.0.2." + std::to_string(i);
    before[client] = place(client);
    at_first += before[client] == 0;
    CHECK(place(client) == before[client]);
    CHECK(before[client] != 2);
  }
  CHECK(at_first > 5);
  CHECK(at_first < 55);
  services[0]->is_up = false;
  for (const auto& [client, where] : before) CHECK(place(client) == 1);
  services[1]->is_up = false;
  CHECK_FALSE(service.is_available(stage.loop.now()));
  for (const auto& [client, where] : before) CHECK(place(client) == where);
}

TEST_CASE("failover_goes_to_the_fallback_when_it_must") {
  constexpr Error kRefused{Code::refused, Side::upstream, Stage::connect, Retry::always, 0};
  constexpr Error kReset{Code::reset, Side::upstream, Stage::response_head, Retry::if_idempotent,
                         0};
  constexpr Error kNoServer{Code::no_server, Side::self, Stage::route, Retry::never, 0};
  struct Row {
    const char* what;
    bool is_up;
    unsigned status;
    std::optional<Error> error;
    std::vector<std::pair<unsigned, unsigned>> statuses;
    bool falls_back;
  };
  const Row rows[] = {
      {"well", true, 200, {}, {}, false},
      {"down", false, 200, {}, {}, true},
      {"nobody listens", true, 200, kRefused, {}, true},
      {"no server", true, 200, kNoServer, {}, true},
      {"broken answer", true, 200, kReset, {}, false},
      {"broken answer is a 502", true, 200, kReset, {{502, 502}}, true},
      {"status", true, 503, {}, {{500, 504}}, true},
      {"edge of the range", true, 504, {}, {{500, 504}}, true},
      {"other status", true, 505, {}, {{500, 504}}, false},
      {"status without errors", true, 500, {}, {}, false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Bench stage;
    auto first = std::make_shared<Service>(), second = std::make_shared<Service>();
    first->is_up = row.is_up;
    first->status = row.status;
    first->error = row.error;
    second->status = 201;
    FailoverService service({row.statuses, -1}, first, second);
    Bench::Answer answer = stage.send(service);
    CHECK((answer.status == 201) == row.falls_back);
    if (row.falls_back) CHECK(second->seen.at(0).path == "/path");  // as it was
  }
}

TEST_CASE("failover_sends_the_body_again") {
  Bench stage;
  auto first = std::make_shared<Service>(), second = std::make_shared<Service>();
  first->status = 503;
  FailoverService service({{{500, 599}}, -1}, first, second);
  CHECK(stage.send(service, {.method = "POST", .body = kBody}).status == 200);
  CHECK(first->seen.at(0).body == "one two three");
  CHECK(second->seen.at(0).body == "one two three");
}

TEST_CASE("failover_refuses_a_body_above_its_limit") {
  for (bool tells_length : {true, false}) {
    Bench stage;
    auto first = std::make_shared<Service>(), second = std::make_shared<Service>();
    FailoverService narrow({{{500, 599}}, 12}, first, second);
    Request request{.method = "POST", .body = kBody, .tells_length = tells_length};
    CHECK(stage.send(narrow, request).error == Code::body_too_large);
    CHECK(second->seen.empty());
    FailoverService wide({{{500, 599}}, 13}, first, second);
    CHECK(stage.send(wide, request).status == 200);
    // Without errors nothing is kept, so nothing is limited.
    FailoverService without({{}, 12}, first, second);
    CHECK(stage.send(without, request).status == 200);
  }
}

TEST_CASE("mirrors_see_their_share_of_requests") {
  Bench stage;
  auto main = std::make_shared<Service>(), half = std::make_shared<Service>(),
       all = std::make_shared<Service>(), none = std::make_shared<Service>();
  MirroringService service({}, main, {{half, 50}, {all, 100}, {none, 0}}, stage.state);
  all->status = 500;
  half->error = Error{Code::refused, Side::upstream, Stage::connect, Retry::always, 0};
  for (int i = 0; i < 200; ++i) CHECK(stage.send(service).status == 200);
  stage.settle();
  CHECK(main->seen.size() == 200);
  CHECK(half->seen.size() == 100);
  CHECK(all->seen.size() == 200);
  CHECK(none->seen.empty());
  CHECK(all->seen[0].path == "/path");
  CHECK(all->seen[0].header == "yes");
}

TEST_CASE("mirrors_get_the_body_whole") {
  for (bool tells_length : {true, false}) {
    for (int64_t most : {int64_t{-1}, int64_t{13}}) {
      Bench stage;
      auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
      mirror->delay_ms = 50;
      MirroringService service({true, most, {}}, main, {{mirror, 100}}, stage.state);
      Request request{.method = "POST", .body = kBody, .tells_length = tells_length};
      CHECK(stage.send(service, request).status == 200);
      CHECK(mirror->seen.empty());  // the answer did not wait for it
      stage.settle();
      REQUIRE(mirror->seen.size() == 1);
      CHECK(mirror->seen[0].body == "one two three");
      CHECK(mirror->seen[0].method == "POST");
    }
  }
}

TEST_CASE("a_body_above_the_limit_is_not_mirrored") {
  for (bool tells_length : {true, false}) {
    Bench stage;
    auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
    MirroringService service({true, 12, {}}, main, {{mirror, 100}}, stage.state);
    Request request{.method = "POST", .body = kBody, .tells_length = tells_length};
    CHECK(stage.send(service, request).status == 200);
    stage.settle();
    CHECK(main->seen.at(0).body == "one two three");
    CHECK(mirror->seen.empty());
  }
}

TEST_CASE("a_mirror_without_body_gets_the_head_alone") {
  Bench stage;
  auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
  MirroringService service({false, 1, {}}, main, {{mirror, 100}}, stage.state);
  CHECK(stage.send(service, {.method = "POST", .body = kBody}).status == 200);
  stage.settle();
  CHECK(mirror->seen.at(0).method == "POST");
  CHECK(mirror->seen.at(0).body.empty());
}

TEST_CASE("a_mirror_that_falls_behind_loses_the_request_and_nobody_waits") {
  Bench stage;
  auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
  mirror->delay_ms = 5'000;
  MirroringService service({}, main, {{mirror, 100}}, stage.state);
  std::vector<std::string> large(40, std::string(64 * 1024, 'x'));
  io::TimePoint begin = stage.loop.now();
  CHECK(stage.send(service, {.method = "PUT", .body = large}).status == 200);
  CHECK(stage.loop.now() - begin < io::Duration(1'000));
  stage.settle();
  REQUIRE(mirror->seen.size() == 1);
  CHECK_FALSE(mirror->seen[0].is_complete);
  CHECK(main->seen.at(0).body.size() == 40 * 64 * 1024);
}

TEST_CASE("a_body_that_the_main_service_leaves_unread_ends_its_mirrors") {
  Bench stage;
  auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
  main->reads_body = false;
  MirroringService service({}, main, {{mirror, 100}}, stage.state);
  CHECK(stage.send(service, {.method = "POST", .body = kBody}).status == 200);
  stage.settle();
  CHECK_FALSE(mirror->seen.at(0).is_complete);
}

TEST_CASE("mirrors_in_flight_are_bounded") {
  Bench stage;
  auto main = std::make_shared<Service>(), mirror = std::make_shared<Service>();
  MirroringService service({}, main, {{mirror, 100}}, stage.state);
  auto& count = stage.worker.local<MirrorCount>(io::SlotId{});
  count.running = MirrorCount::kMost;
  CHECK(stage.send(service).status == 200);
  stage.settle();
  CHECK(mirror->seen.empty());
  count.running = MirrorCount::kMost - 1;
  CHECK(stage.send(service).status == 200);
  stage.settle();
  CHECK(mirror->seen.size() == 1);
  CHECK(count.running == MirrorCount::kMost - 1);
}
