#include "proxy/forward.h"

#include "http/semantics.h"
#include "io/socket_stream.h"
#include "proxy/forwarded_for.h"
#include "proxy/tunnel.h"
#include "proxy/upstream_exchange.h"

namespace fairlead::proxy {
namespace {

using pipeline::Exchange;
using pipeline::Reply;
using ConnectionPtr = upstream::Pool::ConnectionPtr;

// How long an upstream may think about "Expect: 100-continue" before the body is sent anyway (RFC
// 9110 §10.1.1).
constexpr io::Duration kContinueWait{1000};
// A host that vanished (a container taken off its network) acknowledges nothing; the kernel alone
// would wait for a quarter of an hour. Lifted for uploads: there the limit would also end a reader
// that merely pauses.
constexpr io::Duration kDeadPeer{8000};

io::Task<Result<io::StreamPtr>> open_stream(Exchange& x, const upstream::Endpoint& endpoint,
                                            io::Duration limit) {
  io::Timeout timeout{limit, Code::upstream_connect_timeout, Side::upstream, Stage::connect,
                      Retry::always};
  if (endpoint.address) co_return co_await io::connect(*endpoint.address, timeout, &x.scope);
  Result<std::vector<io::Address>> found =
      co_await x.worker().resolver().resolve(endpoint.host, endpoint.port, &x.scope);
  if (!found) co_return fail(found.error());
  Error last{Code::resolve, Side::upstream, Stage::connect, Retry::always, 0};
  for (const io::Address& address : *found) {
    Result<io::StreamPtr> stream = co_await io::connect(address, timeout, &x.scope);
    if (stream) co_return std::move(*stream);
    last = stream.error();
    if (x.scope.is_cancelled()) break;
  }
  co_return fail(last);
}

io::Task<Result<ConnectionPtr>> open_connection(Exchange& x, const ForwardTarget& target,
                                                upstream::Pool& pool) {
  auto begin = observe::Clock::now();
  Result<io::StreamPtr> stream =
      co_await open_stream(x, target.endpoint, target.service.settings().transport->connect);
  x.record.upstream_connect = observe::Clock::now() - begin;
  if (!stream) co_return fail(stream.error());
  (*stream)->set_dead_peer_limit(kDeadPeer);
  co_return pool.adopt(std::move(*stream));
}

// A pooled connection, or a new one.
io::Task<Result<ConnectionPtr>> lease(Exchange& x, const ForwardTarget& target,
                                      upstream::Pool& pool) {
  if (!target.needs_fresh_connection) {
    bool is_careful = !http::is_idempotent(x.request.method);
    if (ConnectionPtr idle = pool.take_idle(is_careful))
      return Result<ConnectionPtr>(std::move(idle));
  }
  return open_connection(x, target, pool);
}

void begin_upload(Exchange& x, UpstreamExchange& upstream) {
  x.is_request_body_touched = true;
  upstream.stream().tunnel_stream()->set_dead_peer_limit(io::Duration{0});
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

pipeline::Response make_response(Exchange& x, UpstreamExchange& upstream,
                                 http::ResponseHead& head) {
  pipeline::Response response{&head, upstream.stream().body(), nullptr};
  std::string_view upgrade = head.headers.get(http::FieldId::upgrade);
  http::strip_hop_by_hop(head.headers);
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

  auto& pool = x.worker().local<upstream::Pool>(target.endpoint.pool);
  Result<ConnectionPtr> connection = co_await lease(x, target, pool);
  if (!connection) co_return fail(connection.error());
  auto& upstream = *x.arena.make<UpstreamExchange>(
      x, pool, settings.transport->pool, std::move(*connection), settings.transport->timeouts);
  auto begin = observe::Clock::now();
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
