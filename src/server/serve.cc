#include "server/serve.h"

#include "http/semantics.h"
#include "http/server/refusal.h"
#include "proxy/error_reply.h"
#include "server/forwarded_headers.h"
#include "server/http_date.h"

namespace fairlead::server {
namespace {

using pipeline::Exchange;
using pipeline::Reply;
using pipeline::Response;

// An exchange whose interim answers go to a client.
class ServedExchange final : public Exchange {
 public:
  ServedExchange(http::ServerStream& stream, Arena& arena, io::WorkerContext& worker,
                 io::Scope& connection, CurrentSnapshot& snapshot)
      : Exchange(arena, worker, &connection), stream_(stream), snapshot_(snapshot) {}
  io::Task<Result<void>> inform(const http::ResponseHead& head) override {
    return stream_.write_interim(head);
  }
  Response reply_to(const Error& error) override {
    Response response = proxy::make_error_reply(*this, error);
    apply_late_edits(*response.head);
    return response;
  }
  const pipeline::Handler* service(std::string_view name) override {
    return pin_ != nullptr ? (*pin_)->service(name) : nullptr;
  }
  const pipeline::Handler* newer_service(std::string_view name,
                                         const pipeline::Handler& known) override {
    auto& newest = *arena.make<CurrentSnapshot::Pin>(snapshot_);
    pin_ = &newest;
    const pipeline::Handler* found = newest->service(name);
    return found == &known ? nullptr : found;
  }

  std::shared_ptr<const void> keep_configuration() override {
    return std::make_shared<CurrentSnapshot::Pin>(*pin_);
  }

  // The snapshot that the route is of; before the chain runs.
  void set_pin(const CurrentSnapshot::Pin& pin) { pin_ = &pin; }

 private:
  http::ServerStream& stream_;
  CurrentSnapshot& snapshot_;
  const CurrentSnapshot::Pin* pin_ = nullptr;  // what handlers run under now
};

// Requests that a router made from defaultRule sent to itself carry its mark.
bool came_back(const Exchange& x, const pipeline::Route& route) {
  return !route.loop_guard.empty() &&
         x.request.headers.get(http::FieldId::x_traefik_router) == route.loop_guard;
}

// `kept` are for the middlewares to see; the forwarder removes them.
void strip_client_hop(Exchange& x, std::span<const std::string> kept) {
  http::HopByHop found = http::strip_hop_by_hop(x.request.headers, kept);
  if (found.postponed == 0) [[likely]]
    return;
  auto& names = *x.arena.make<std::vector<std::string_view>>();
  for (size_t i = 0; i < kept.size() && i < 32; ++i) {
    if ((found.postponed >> i & 1) != 0) names.push_back(kept[i]);
  }
  x.ends_at_this_hop = names;
}

std::string_view text_of(http::Version version) { return http::version_text(version); }

}  // namespace

io::Task<void> EntryHandler::serve(http::ServerStream& stream, Arena& arena,
                                   http::RequestHead&& head, http::Body* body,
                                   const http::Peers& peers) {
  ServedExchange x(stream, arena, services_.context, peers.connection, services_.snapshot);
  x.record.begin = observe::Clock::now();
  x.record.request_count = ++services_.requests;
  x.request = std::move(head);
  x.request_body = body;
  x.peer = &peers.peer;
  x.local = &peers.local;
  x.is_tls = peers.is_tls();
  x.tls = peers.tls;
  if (peers.tls != nullptr) {
    x.record.tls_version = peers.tls->version;
    x.record.tls_cipher = peers.tls->cipher;
  }
  x.record.entry_point = options_.name;
  stream.watch_client(&x.scope);
  if (options_.request_total > io::Duration::zero()) {
    x.scope.set_deadline(
        {options_.request_total, Code::request_total_timeout, Side::self, Stage::none});
  }
  strip_client_hop(x, options_.forwarded.kept_connection_fields);
  apply_forwarded_headers(x, options_.forwarded);
  x.record.forwarded_for = x.request.headers.get(http::FieldId::x_forwarded_for);
  x.keeps_upstream_fields =
      services_.observers.access_log != nullptr && services_.observers.access_log->wants_headers();
  // In the arena, so that it outlives every lease, permit and body that is made from now on.
  auto& snapshot = *arena.make<CurrentSnapshot::Pin>(services_.snapshot);
  x.set_pin(snapshot);
  Reply reply = co_await answer(x, *snapshot, peers);
  if (!reply) {
    x.record.error = reply.error();
    reply = x.reply_to(reply.error());
    stream.watch_client(nullptr);  // the answer to a cancelled exchange must still go out
  }
  co_await send(stream, x, *reply);
  stream.watch_client(nullptr);
  x.scope.cancel(Error{Code::cancelled});  // an upload that nobody takes any more
  co_await x.scope.join();
  finish(stream, x, reply->head);
}

io::Task<Reply> EntryHandler::answer(Exchange& x, const routing::RoutingSnapshot& snapshot,
                                     const http::Peers& peers) {
  bool is_misdirected =
      peers.tls != nullptr && !snapshot.tls->may_carry(index_, *peers.tls, x.request.host);
  if (is_misdirected) return Reply(fail(Code::misdirected, Side::client, Stage::route));
  const routing::Router* router = snapshot.router(index_, x.is_tls);
  if (router == nullptr) return Reply(fail(Code::no_router, Side::self, Stage::route));
  routing::MatchContext context{x.request, http::routing_path(x.request.path, x.arena), *x.peer,
                                x.arena};
  const pipeline::Route* route = router->match(context);
  if (route == nullptr) return Reply(fail(Code::no_router, Side::self, Stage::route));
  x.route = route;
  x.record.router = route->name;
  x.record.service = route->service_name;
  if (came_back(x, *route)) return Reply(fail(Code::loop_detected, Side::client, Stage::route));
  if (!route->loop_guard.empty())
    x.request.headers.set(http::FieldId::x_traefik_router, route->loop_guard);
  return route->run(x);
}

io::Task<void> EntryHandler::send(http::ServerStream& stream, Exchange& x, Response response) {
  http::ResponseHead& head = *response.head;
  x.record.status = head.status;
  if (head.headers.find(http::FieldId::date) == nullptr)
    head.headers.add(http::FieldId::date, http_date());
  Result<void> sent = co_await stream.write_response(head, response.body);
  if (!sent && x.record.error.code == Code::ok) x.record.error = sent.error();
  if (!sent) {
    stream.close_after();
    co_return;
  }
  io::Stream* client = response.tunnel != nullptr ? stream.tunnel_stream() : nullptr;
  if (client == nullptr) co_return;
  stream.close_after();
  co_await response.tunnel->run(*client, stream.tunnel_early());
}

void EntryHandler::finish(http::ServerStream& stream, Exchange& x, const http::ResponseHead* head) {
  observe::Record& record = x.record;
  record.total = observe::Clock::now() - record.begin;
  record.response_body_bytes += stream.body_bytes_sent();
  if (x.request_body != nullptr) record.request_body_bytes += x.request_body->bytes_read();
  if (record.error.code != Code::ok) services_.counters.refused(record.error.code);
  if (x.ending != nullptr) x.ending->ended(record);
  bool is_internal = x.route != nullptr && x.route->is_internal;
  if (!is_internal) count(x);
  // A router's word counts more than its entry point's, which it has when it says nothing.
  bool is_wanted = x.route != nullptr ? x.route->is_logged : options_.is_logged;
  bool is_logged = services_.observers.access_log != nullptr && is_wanted && !is_internal;
  const observe::Tail* tail = services_.observers.tail;
  bool is_watched = tail != nullptr && tail->has_subscribers() && !is_internal;
  if (is_logged || is_watched) tell(x, head, is_logged, is_watched);
}

void EntryHandler::count(const Exchange& x) const {
  const observe::Record& record = x.record;
  observe::Sample sample;
  sample.status = record.status;
  sample.method = observe::method_number(x.request.method_text);
  const http::HeaderMap& headers = x.request.headers;
  sample.protocol =
      observe::protocol_of(x.request.upgrade, headers.get(http::FieldId::content_type),
                           headers.get(http::FieldId::accept));
  sample.retries = record.attempts > 1 ? record.attempts - 1 : 0;
  sample.duration = record.total;
  sample.tls_version = record.tls_version;
  sample.tls_cipher = record.tls_cipher;
  sample.request_bytes = record.request_body_bytes;
  sample.response_bytes = record.response_body_bytes;
  unsigned worker = services_.context.index();
  bool is_measured = x.route == nullptr || x.route->is_measured;
  if (series_ != nullptr && is_measured) series_->count(worker, sample);
  if (x.route == nullptr) return;
  if (x.route->router_series != nullptr) x.route->router_series->count(worker, sample);
  if (x.route->service_series != nullptr) x.route->service_series->count(worker, sample);
}

void EntryHandler::tell(Exchange& x, const http::ResponseHead* head, bool is_logged,
                        bool is_watched) {
  observe::Record& record = x.record;
  record.started_at = std::chrono::system_clock::now() -
                      std::chrono::duration_cast<std::chrono::system_clock::duration>(record.total);
  observe::LogEntry entry(record);
  entry.client_host = x.peer->ip_text(x.arena.take_chars(46));
  entry.client_port = x.peer->port();
  entry.forwarded_for = record.forwarded_for;
  entry.method = x.request.method_text;
  entry.target = x.request.target;
  entry.protocol = text_of(x.request.version);
  entry.scheme = x.request.scheme;
  entry.authority = x.request.authority;
  entry.request_headers =
      observe::HeaderList::of(std::span<const http::Field>(x.request.headers.fields()));
  entry.upstream_headers = observe::HeaderList::of(x.upstream_fields);
  if (head != nullptr) {
    entry.response_headers =
        observe::HeaderList::of(std::span<const http::Field>(head->headers.fields()));
  }
  if (is_logged) services_.observers.access_log->log(services_.context.index(), entry);
  if (is_watched) services_.observers.tail->add(entry);
}

void EntryHandler::refused(Error error, const http::Peers& peers) {
  bool is_silent_goodbye =
      error.code == Code::closed || error.code == Code::reset || error.code == Code::cancelled;
  if (is_silent_goodbye) return;
  services_.counters.refused(error.code);
  observe::Tail* tail = services_.observers.tail;
  bool is_watched = tail != nullptr && tail->has_subscribers();
  bool is_logged = services_.observers.access_log != nullptr && options_.is_logged;
  if (!is_logged && !is_watched) return;
  observe::Record record;
  record.begin = observe::Clock::now();
  record.started_at = std::chrono::system_clock::now();
  record.request_count = ++services_.requests;
  record.status = static_cast<uint16_t>(http::refusal_status(error.code));
  record.error = error;
  record.entry_point = options_.name;
  observe::LogEntry entry(record);
  char host[46];
  entry.client_host = peers.peer.ip_text(host);
  entry.client_port = peers.peer.port();
  if (is_logged) services_.observers.access_log->log(services_.context.index(), entry);
  if (is_watched) tail->add(entry);
}

}  // namespace fairlead::server
