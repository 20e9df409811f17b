// One try of an exchange at one endpoint: connection, request, response head. Several may run at
// once for one exchange, so everything of a try is its own: scope, head, times; what it did goes
// into the exchange's record when it is taken. The response body comes back as a Body that reads
// from the upstream as the client takes it; an upload goes on beside it. Lives in the exchange's
// arena. One worker.
#pragma once

#include "http/client/client_stream.h"
#include "pipeline/exchange.h"
#include "proxy/load_balancer.h"
#include "upstream/lease.h"

namespace fairlead::proxy {

class Attempt {
 public:
  struct Manner {
    bool needs_fresh_connection = false;
    io::Duration connect_patience{0};  // zero: as long as the transport allows
  };

  Attempt(pipeline::Exchange& x, const LoadBalancer& service, const upstream::Endpoint& endpoint,
          Manner how)
      : x_(x), service_(service), endpoint_(endpoint), how_(how), scope_(&x.scope) {
    if (endpoint.load != nullptr) load_.emplace(*endpoint.load);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const upstream::Endpoint& endpoint() const { return endpoint_; }

  // Connects and sends the request's head; its body follows beside everything else.
  io::Task<Result<void>> send();
  // True when the final response head is here, false when `patience` (zero: none) has passed
  // without it; then it can be asked for again.
  io::Task<Result<bool>> await_head(io::Duration patience);
  // The answer, once its head is here; what this try did goes into the record.
  pipeline::Response take();
  // What a try that failed did.
  void note_failure();
  // It is no load to its server any more; otherwise it is one until the exchange ends.
  void end_load() { load_.reset(); }

  // Ends whatever it waits for, and its connection. A waiting send() or await_head() returns soon.
  void give_up();

  // Since when the whole request has been sent; nothing while some of it is on its way.
  std::optional<io::TimePoint> waits_since() const {
    return is_sent_ ? std::optional(sent_at_) : std::nullopt;
  }
  unsigned status() const { return head_->status; }
  io::Duration connect_time() const;  // zero for a pooled connection
  io::Duration head_time() const;

 private:
  io::Task<Result<void>> connect();
  io::Task<Result<void>> finish_connect(io::Task<Result<upstream::Lease>> leasing);
  io::Task<Result<void>> send_head();
  void begin_upload();
  io::Task<void> upload();
  Error failure(Error error) const;
  io::Duration limit_of(io::Duration patience) const;
  io::TimePoint now() const { return io::Loop::current()->now(); }

  pipeline::Exchange& x_;
  const LoadBalancer& service_;
  const upstream::Endpoint& endpoint_;
  const Manner how_;
  io::Scope scope_;
  std::optional<upstream::LoadPermit> load_;  // when the strategy looks at loads
  http::ClientStream* stream_ = nullptr;
  http::ResponseHead* head_ = nullptr;
  Error upload_error_{Code::ok};
  bool holds_body_ = false;  // until the upstream says it wants it
  bool is_sent_ = false;     // all of it
  io::TimePoint sent_at_{}, body_due_{};
  observe::Clock::time_point began_{}, connected_{}, answered_{};
};

}  // namespace fairlead::proxy
