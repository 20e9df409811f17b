// The TLS sessions that one worker may resume with one endpoint. A ticket of TLS 1.3 is used once
// (RFC 8446 §C.4), so the latest few are kept. One thread; the pool owns it.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

struct ssl_session_st;

namespace fairlead::tls {

class ClientSessions {
 public:
  ClientSessions() = default;
  ~ClientSessions();
  ClientSessions(const ClientSessions&) = delete;
  ClientSessions& operator=(const ClientSessions&) = delete;

  // Takes over the reference; the oldest goes when there are too many.
  void put(ssl_session_st* session);
  // The latest that is still good, with its reference; null when there is none.
  ssl_session_st* take();
  size_t size() const { return count_; }

 private:
  static constexpr size_t kKept = 4;
  std::array<ssl_session_st*, kKept> sessions_{};  // the latest last
  size_t count_ = 0;
};

}  // namespace fairlead::tls
