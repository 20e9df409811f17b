// What is known of one request when it ends: the source of access log lines, metrics and the live
// tail. Filled in by server/serve.cc and proxy/attempt.cc as the request goes; text is views into
// the exchange's arena or the snapshot. A value of one worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace fairlead::observe {

using Clock = std::chrono::steady_clock;

struct Record {
  std::chrono::system_clock::time_point started_at;  // wall clock, for the log
  Clock::time_point begin;                           // first byte of the request head parsed
  Clock::duration total{};             // until the last byte was handed to the client's socket
  Clock::duration upstream_connect{};  // 0 for a pooled connection
  Clock::duration upstream_head{};     // request sent → response head parsed
  Clock::duration upstream_total{};

  uint16_t status = 0;           // sent to the client
  uint16_t upstream_status = 0;  // 0: no answer
  Error error{Code::ok};         // why there is no ordinary answer, or why it broke off
  uint32_t attempts = 0;         // upstream tries
  uint64_t request_body_bytes = 0;
  uint64_t response_body_bytes = 0;
  uint64_t upstream_body_bytes = 0;  // as the upstream sent it, before compression and the like
  uint64_t request_count = 0;        // of this worker, counted up

  std::string_view entry_point;
  std::string_view forwarded_for;  // X-Forwarded-For as received from a peer we trust
  std::string_view router;         // qualified, "name@provider"
  std::string_view service;        // qualified
  std::string_view service_url;    // "http://10.0.0.2:80"
  std::string_view service_addr;   // "10.0.0.2:80"
  std::string_view user;           // set by authentication middlewares
  std::string_view tls_version;
  std::string_view tls_cipher;
};

}  // namespace fairlead::observe
