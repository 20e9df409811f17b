// How an Application ends: told to stop, or replaced by a new binary.
#include <algorithm>

#include "base/log.h"
#include "cmd/fairlead/application.h"

namespace fairlead {
namespace {

constexpr io::Duration kAfterGrace{1000};  // for answers to what the grace time has ended
// A new binary has this long to serve: twice what a start waits for its providers, and slow disks.
constexpr io::Duration kSuccessorPatience{60'000};
// A client between two requests whose connection the old process still has: its next request is
// answered there, and the connection closed with the answer.
constexpr io::Duration kIdleAfterHandOver{30'000};

}  // namespace

io::Task<void> Application::shut_down() {
  const server::DrainOptions& drain = server_->options().drain;
  state_.start_draining();
  service_manager_.stopping();
  log::info("stopping: new connections are refused, requests in progress are finished");
  if (drain.accept_grace > io::Duration::zero())
    (void)co_await io::sleep_for(drain.accept_grace, nullptr);
  if (is_started_) {
    server_->drain({}, server::ListeningSockets::Files::remove);
    co_await drain_for(drain.grace + kAfterGrace);
  }
  co_await leave();
}

io::Task<void> Application::drain_for(io::Duration grace) {
  io::TimePoint until = loop_.now() + grace;
  while (!server_->is_drained() && loop_.now() < until) {
    (void)co_await io::sleep_for(io::Duration{10}, nullptr);
  }
}

io::Task<void> Application::leave() {
  providing_.cancel(Error{Code::cancelled});
  life_.cancel(Error{Code::cancelled});
  co_await providing_.join();
  loop_.stop();
}

// A new process takes our sockets and serves; then we finish what we have begun and go. If it does
// not get that far, nothing has happened.
io::Task<void> Application::hand_over() {
  log::info("upgrade: starting the binary that takes over", {{"path", program_.name()}});
  service_manager_.reloading();
  auto started = server::Successor::start(program_, server_->handed_sockets());
  std::string fault = started ? "" : started.error();
  if (started) {
    successor_ = std::move(*started);
    auto ready = co_await successor_->ready(kSuccessorPatience, &succession_);
    if (!ready) fault = ready.error();
  }
  if (is_shutting_down_) {  // told to stop in the meantime, and the new process with us
    successor_.reset();
    co_return;
  }
  if (!fault.empty()) {
    successor_.reset();
    service_manager_.ready();
    log::error("upgrade: the new process does not serve, this one goes on; " + fault);
    co_return;
  }
  is_shutting_down_ = true;
  service_manager_.hand_over_to(successor_->pid());
  log::info("upgrade: the new process serves; this one finishes its requests",
            {{"pid", std::to_string(successor_->pid())}});
  io::Duration grace = server_->options().drain.hand_over;
  io::Duration idle = std::min(kIdleAfterHandOver, grace / 2);
  server_->drain({idle, idle, grace}, server::ListeningSockets::Files::keep);
  co_await drain_for(grace + kAfterGrace);
  co_await leave();
}

void Application::begin_hand_over() {
  if (is_shutting_down_ || successor_ != nullptr || !is_started_) {
    log::warn("upgrade: not now, this process is starting, stopping or handing over already");
    return;
  }
  ending_.spawn(hand_over());
}

}  // namespace fairlead
