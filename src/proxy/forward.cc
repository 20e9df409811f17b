#include "proxy/forward.h"

#include <memory>

#include "http/semantics.h"
#include "proxy/forwarded_for.h"
#include "proxy/tunnel.h"
#include "proxy/upstream_exchange.h"
#include "upstream/lease.h"

namespace fairlead::proxy {
namespace {

using pipeline::Exchange;
using pipeline::Reply;

// How long an upstream may think about "Expect: 100-continue" before the body is sent anyway (RFC
// 9110 §10.1.1).
constexpr io::Duration kContinueWait{1000};

void begin_upload(Exchange& x, UpstreamExchange& upstream) {
  x.is_request_body_touched = true;
  upstream.start_upload(*x.request_body);
}

io::Task<Result<void>> send_request(Exchange& x, const ForwardTarget& target,
                                    UpstreamExchange& upstream) {
  std::string_view host =
      target.service.settings().passes_host_header && !x.request.authority.empty()
          ? x.request.authority
          : std::string_view(target.endpoint.authority);
  if (target.endpoint.path.empty())
    return upstream.stream().send_head(x.request, host, x.request_body);
  std::string_view path = x.request.path;
  x.request.path = x.arena.join(std::string_view(target.endpoint.path), path);
  io::Task<Result<void>> sent = upstream.stream().send_head(x.request, host, x.request_body);
  x.request.path = path;
  return sent;
}

// The final response head; interim ones are passed on. An upload that waits for "100 Continue"
// starts when it comes, or when the upstream has said nothing for a while.
io::Task<Result<http::ResponseHead*>> await_final_head(Exchange& x, const ForwardTarget& target,
                                                       UpstreamExchange& upstream) {
  io::Duration limit = target.service.settings().transport->timeouts.head;
  bool holds_body = x.request_body != nullptr && x.request.expects_continue;
  auto* head = x.arena.make<http::ResponseHead>(x.arena);
  for (;;) {
    Result<void> received =
        co_await upstream.stream().receive_head(*head, holds_body ? kContinueWait : limit);
    if (!received) {
      bool is_silence = holds_body && received.error().code == Code::upstream_head_timeout;
      if (!is_silence) co_return fail(received.error());
      holds_body = false;
      begin_upload(x, upstream);
      continue;
    }
    if (head->status >= 200 || head->status == 101) co_return head;
    if (head->status == 100) {
      if (holds_body) begin_upload(x, upstream);
      holds_body = false;
    } else {
      http::strip_hop_by_hop(head->headers);
      Result<void> informed = co_await x.inform(*head);
      if (!informed) co_return fail(informed.error());
    }
    head = x.arena.make<http::ResponseHead>(x.arena);
  }
}

void keep_fields(Exchange& x, const http::HeaderMap& headers) {
  std::span<const http::Field> fields = headers.fields();
  auto* kept = static_cast<http::Field*>(x.arena.take(fields.size_bytes(), alignof(http::Field)));
  std::ranges::uninitialized_copy(fields, std::span(kept, fields.size()));
  x.upstream_fields = {kept, fields.size()};
}

pipeline::Response make_response(Exchange& x, UpstreamExchange& upstream,
                                 http::ResponseHead& head) {
  pipeline::Response response{&head, upstream.stream().body(), nullptr};
  std::string_view upgrade = head.headers.get(http::FieldId::upgrade);
  http::strip_hop_by_hop(head.headers);
  if (x.keeps_upstream_fields) keep_fields(x, head.headers);
  if (head.status == 101) {
    head.headers.add(http::FieldId::upgrade, upgrade);
    response.tunnel = x.arena.make<UpgradeTunnel>(x, upstream.stream());
  }
  return response;
}

}  // namespace

io::Task<Reply> forward(Exchange& x, ForwardTarget target) {
  const LoadBalancerSettings& settings = target.service.settings();
  x.record.service_url = target.endpoint.url;
  x.record.service_addr = target.endpoint.authority;
  append_forwarded_for(x);

  auto begin = observe::Clock::now();
  bool is_careful = !http::is_idempotent(x.request.method);
  Result<upstream::Lease> leased =
      co_await upstream::lease(x.worker(), {target.endpoint, *settings.transport, x.arena, x.scope,
                                            is_careful, target.needs_fresh_connection});
  if (!leased || leased->is_new) {
    auto connected = observe::Clock::now();
    x.record.upstream_connect = connected - std::exchange(begin, connected);
  }
  if (!leased) co_return fail(leased.error());
  auto& upstream = *x.arena.make<UpstreamExchange>(x.scope, *leased->stream);
  Result<void> sent = co_await send_request(x, target, upstream);
  if (!sent) {
    upstream.stream().abandon();
    co_return fail(sent.error());
  }
  if (x.request_body != nullptr && !x.request.expects_continue) begin_upload(x, upstream);

  Result<http::ResponseHead*> head = co_await await_final_head(x, target, upstream);
  x.record.upstream_head = observe::Clock::now() - begin;
  if (!head) {
    upstream.stream().abandon();
    bool is_clients_fault =
        upstream.upload_error().side == Side::client && upstream.upload_error().code != Code::ok;
    co_return fail(is_clients_fault ? upstream.upload_error() : head.error());
  }
  x.record.upstream_status = (*head)->status;
  co_return make_response(x, upstream, **head);
}

}  // namespace fairlead::proxy
