#include "tcp/health.h"

#include <algorithm>

#include "base/log.h"

namespace fairlead::tcp {
namespace {

io::Task<Result<void>> expect_answer(io::Stream& stream, const std::string& expected,
                                     io::Timeout limit) {
  std::string got;
  while (got.size() < expected.size()) {
    char piece[1024];
    size_t wanted = std::min(sizeof piece, expected.size() - got.size());
    Result<size_t> size = stream.try_read({piece, wanted});
    if (size && *size == 0) co_return fail(Code::closed, Side::upstream, Stage::response_head);
    if (size) {
      got.append(piece, *size);
      if (!expected.starts_with(got)) break;
      continue;
    }
    if (size.error().code != Code::would_block) co_return fail(size.error());
    Result<void> ready = co_await stream.readable(limit);
    if (!ready) co_return fail(ready.error());
  }
  if (got != expected) co_return fail(Code::refused, Side::upstream, Stage::response_head);
  co_return Result<void>{};
}

}  // namespace

io::Task<Result<void>> probe(io::Resolver& resolver, const HealthCheck& check, io::Scope& parent) {
  io::Scope scope(&parent);
  io::Timeout limit{check.timeout, Code::upstream_connect_timeout, Side::upstream, Stage::connect};
  scope.set_deadline(limit);
  Transport transport;
  transport.dial_timeout = check.timeout;
  Result<io::StreamPtr> stream = co_await dial(resolver, check.server, transport, scope);
  if (!stream) co_return fail(stream.error());
  if (check.server.uses_tls) {
    transport.tls = check.tls;
    stream = co_await begin_tls(std::move(*stream), check.server, transport, scope);
    if (!stream) co_return fail(stream.error());
  }
  if (!check.send.empty()) {
    iovec part{const_cast<char*>(check.send.data()), check.send.size()};
    Result<void> sent = co_await io::write_all(**stream, {&part, 1}, limit);
    if (!sent) co_return fail(sent.error());
  }
  if (check.expect.empty()) co_return Result<void>{};
  Result<void> answered = co_await expect_answer(**stream, check.expect, limit);
  co_return answered;
}

io::Task<void> HealthProber::watch(io::Resolver& resolver, RunningPtr running) {
  const HealthCheck& check = running->check;
  while (!running->scope.is_cancelled()) {
    Result<void> found = co_await probe(resolver, check, running->scope);
    if (running->scope.is_cancelled()) break;
    bool is_up = found.has_value();
    bool was_up = check.server.state->is_up.exchange(is_up, std::memory_order_relaxed);
    if (is_up != was_up) {
      auto write = is_up ? &log::info : &log::warn;
      write(is_up ? "TCP server is back" : "TCP server is down",
            {{"service", check.service},
             {"server", check.address},
             {"reason", is_up ? std::string_view("") : words(found.error().code)}});
    }
    Result<void> slept =
        co_await io::sleep_for(is_up ? check.interval : check.unhealthy_interval, &running->scope);
    if (!slept && running->scope.is_cancelled()) break;
  }
}

void HealthProber::set_checks(const std::vector<HealthCheck>& checks) {
  std::map<std::string, RunningPtr> next;
  for (const HealthCheck& check : checks) {
    auto known = running_.find(check.key);
    // The same check of a server that was away in between has a state of its own.
    bool is_kept = known != running_.end() &&
                   known->second->check.server.state == check.server.state &&
                   known->second->check.tls == check.tls;
    if (is_kept) {
      next.insert(running_.extract(known));
      continue;
    }
    auto [at, is_new] = next.try_emplace(check.key);
    if (!is_new) continue;
    at->second = std::make_shared<Running>(check, tasks_);
    tasks_.spawn(watch(resolver_, at->second));
  }
  for (auto& [key, running] : running_) running->scope.cancel(Error{Code::cancelled});
  running_ = std::move(next);
  shown_ = std::make_shared<const Shown>(checks);
}

std::optional<bool> HealthProber::is_up(const std::string& service,
                                        const std::string& address) const {
  std::optional<bool> found;
  each([&](const std::string& of, const std::string& server, bool is_up) {
    if (of == service && server == address) found = is_up;
  });
  return found;
}

void HealthProber::each(const Emit& emit) const {
  auto shown = shown_.load();
  if (shown == nullptr) return;
  for (const HealthCheck& check : *shown)
    emit(check.service, check.address, check.server.state->is_up.load(std::memory_order_relaxed));
}

}  // namespace fairlead::tcp
