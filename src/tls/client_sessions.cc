#include "tls/client_sessions.h"

#include <algorithm>

#include <openssl/ssl.h>

namespace fairlead::tls {

ClientSessions::~ClientSessions() {
  for (size_t i = 0; i < count_; ++i) SSL_SESSION_free(sessions_[i]);
}

void ClientSessions::put(ssl_session_st* session) {
  if (count_ == kKept) {
    SSL_SESSION_free(sessions_[0]);
    std::shift_left(sessions_.begin(), sessions_.end(), 1);
    --count_;
  }
  sessions_[count_++] = session;
}

ssl_session_st* ClientSessions::take() {
  while (count_ != 0) {
    ssl_session_st* latest = sessions_[--count_];
    if (SSL_SESSION_is_resumable(latest) == 1) {
      // Sessions of TLS 1.2 serve any number of times.
      if (SSL_SESSION_get_protocol_version(latest) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(latest);
        ++count_;
      }
      return latest;
    }
    SSL_SESSION_free(latest);
  }
  return nullptr;
}

}  // namespace fairlead::tls
