#include "proxy/attempt.h"

#include <algorithm>
#include <memory>

#include "http/semantics.h"
#include "proxy/forwarded_for.h"
#include "proxy/tunnel.h"
#include "upstream/lease.h"

namespace fairlead::proxy {
namespace {

using observe::Clock;
using pipeline::Exchange;

// How long an upstream may think about "Expect: 100-continue" before the body is sent anyway (RFC
// 9110 §10.1.1).
constexpr io::Duration kContinueWait{1000};

void keep_fields(Exchange& x, const http::HeaderMap& headers) {
  std::span<const http::Field> fields = headers.fields();
  auto* kept = static_cast<http::Field*>(x.arena.take(fields.size_bytes(), alignof(http::Field)));
  std::ranges::uninitialized_copy(fields, std::span(kept, fields.size()));
  x.upstream_fields = {kept, fields.size()};
}

io::Duration in_ms(Clock::duration time) { return std::chrono::duration_cast<io::Duration>(time); }

}  // namespace

io::Task<Result<void>> Attempt::connect() {
  bool is_careful = !http::is_idempotent(x_.request.method);
  io::Task<Result<upstream::Lease>> leasing = upstream::lease(
      x_.worker(), {endpoint_, *service_.settings().transport, x_.arena, scope_, is_careful,
                    how_.needs_fresh_connection, x_.request.wants_upgrade});
  if (leasing.is_ready()) {
    Result<upstream::Lease> leased = leasing.take();
    if (!leased) return Result<void>(fail(leased.error()));
    stream_ = leased->stream;
    return Result<void>{};
  }
  return finish_connect(std::move(leasing));
}

io::Task<Result<void>> Attempt::finish_connect(io::Task<Result<upstream::Lease>> leasing) {
  io::Task<Result<upstream::Lease>> owned = std::move(leasing);
  began_ = Clock::now();
  if (how_.connect_patience > io::Duration::zero()) {
    scope_.set_deadline({how_.connect_patience, Code::upstream_connect_timeout, Side::upstream,
                         Stage::connect, Retry::always});
  }
  Result<upstream::Lease> leased = co_await owned;
  scope_.set_deadline(io::kNoTimeout);
  connected_ = Clock::now();
  if (!leased) co_return fail(leased.error());
  stream_ = leased->stream;
  co_return Result<void>{};
}

io::Task<Result<void>> Attempt::send_head() {
  http::RequestHead& request = x_.request;
  std::string_view host = service_.settings().passes_host_header && !request.authority.empty()
                              ? request.authority
                              : std::string_view(endpoint_.authority);
  if (endpoint_.path.empty()) return stream_->send_head(request, host, x_.request_body);
  std::string_view path = request.path;
  request.path = x_.arena.join(std::string_view(endpoint_.path), path);
  io::Task<Result<void>> sent = stream_->send_head(request, host, x_.request_body);
  request.path = path;
  return sent;
}

io::Task<Result<void>> Attempt::send() {
  append_forwarded_for(x_);
  for (std::string_view name : x_.ends_at_this_hop) x_.request.headers.remove(name);
  Result<void> connected = co_await connect();
  if (!connected) co_return fail(connected.error());
  Result<void> sent = co_await send_head();
  sent_at_ = now();
  connected_ = Clock::now();
  if (!sent) {
    give_up();
    co_return fail(sent.error());
  }
  is_sent_ = x_.request_body == nullptr;
  if (is_sent_) co_return Result<void>{};
  holds_body_ = x_.request.expects_continue;
  body_due_ = sent_at_ + kContinueWait;
  if (!holds_body_) begin_upload();
  co_return Result<void>{};
}

void Attempt::begin_upload() {
  holds_body_ = false;
  x_.is_request_body_touched = true;
  // In the exchange's scope, whose end everybody waits for.
  x_.scope.spawn(upload());
}

io::Task<void> Attempt::upload() {
  Result<void> sent = co_await stream_->send_body(*x_.request_body);
  sent_at_ = now();
  is_sent_ = sent.has_value();
  if (sent) co_return;
  upload_error_ = sent.error();
  // A client that fails in the middle of its body leaves a request that can never be completed.
  if (sent.error().side == Side::client) stream_->abandon();
}

// Until the next thing that has to be done if no head comes.
io::Duration Attempt::limit_of(io::Duration patience) const {
  io::Duration limit = patience;
  auto sooner = [&](io::Duration other) {
    other = std::max(other, io::Duration{1});
    limit = limit > io::Duration::zero() ? std::min(limit, other) : other;
  };
  io::Duration head = service_.settings().transport->timeouts.head;
  if (head > io::Duration::zero()) sooner(sent_at_ + head - now());
  if (holds_body_) sooner(body_due_ - now());
  return limit;
}

io::Task<Result<bool>> Attempt::await_head(io::Duration patience) {
  io::TimePoint begin = now();
  io::Duration head_limit = service_.settings().transport->timeouts.head;
  if (head_ == nullptr) head_ = x_.arena.make<http::ResponseHead>(x_.arena);
  for (;;) {
    io::Duration left = patience > io::Duration::zero()
                            ? std::max(begin + patience - now(), io::Duration{1})
                            : io::Duration{0};
    Result<void> received = co_await stream_->receive_head(*head_, limit_of(left));
    if (!received) {
      bool is_time = received.error().code == Code::upstream_head_timeout;
      bool is_too_late = head_limit > io::Duration::zero() && now() - sent_at_ >= head_limit;
      if (!is_time || is_too_late) {
        Error error = failure(received.error());
        give_up();
        co_return fail(error);
      }
      if (holds_body_ && now() >= body_due_) begin_upload();
      if (patience > io::Duration::zero() && now() - begin >= patience) co_return false;
      continue;
    }
    if (head_->status >= 200 || head_->status == 101) break;
    if (head_->status == 100) {
      if (holds_body_) begin_upload();
    } else {
      // It speaks, if not to the point.
      if (endpoint_.health != nullptr) endpoint_.health->note_sign(now());
      http::strip_hop_by_hop(head_->headers);
      Result<void> informed = co_await x_.inform(*head_);
      if (!informed) co_return fail(informed.error());
    }
    head_ = x_.arena.make<http::ResponseHead>(x_.arena);
  }
  answered_ = Clock::now();
  co_return true;
}

// A client that fails in the middle of its body is why its request failed.
Error Attempt::failure(Error error) const {
  bool is_clients_fault = upload_error_.side == Side::client && upload_error_.code != Code::ok;
  return is_clients_fault ? upload_error_ : error;
}

void Attempt::give_up() {
  end_load();
  scope_.cancel(Error{Code::cancelled});
  if (stream_ != nullptr) stream_->abandon();
}

io::Duration Attempt::connect_time() const {
  return began_ == Clock::time_point{} ? io::Duration{0} : in_ms(connected_ - began_);
}

io::Duration Attempt::head_time() const { return in_ms(answered_ - connected_); }

void Attempt::note_failure() {
  observe::Record& record = x_.record;
  record.service_url = endpoint_.url;
  record.service_addr = endpoint_.authority;
  if (began_ != Clock::time_point{}) record.upstream_connect = connected_ - began_;
  if (connected_ != Clock::time_point{}) record.upstream_head = Clock::now() - connected_;
}

pipeline::Response Attempt::take() {
  note_failure();
  x_.record.upstream_head = answered_ - connected_;
  if (load_) {
    endpoint_.load->note_head(
        std::chrono::duration_cast<std::chrono::microseconds>(answered_ - connected_));
  }
  x_.record.upstream_status = head_->status;
  pipeline::Response response{head_, stream_->body(), nullptr};
  std::string_view upgrade = head_->headers.get(http::FieldId::upgrade);
  http::strip_hop_by_hop(head_->headers);
  if (x_.keeps_upstream_fields) keep_fields(x_, head_->headers);
  if (head_->status == 101) {
    head_->headers.add(http::FieldId::upgrade, upgrade);
    response.tunnel = x_.arena.make<UpgradeTunnel>(x_, *stream_);
  }
  return response;
}

}  // namespace fairlead::proxy
