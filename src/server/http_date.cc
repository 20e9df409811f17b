#include "server/http_date.h"

#include <cstdio>
#include <ctime>

namespace fairlead::server {

std::string_view http_date() {
  // Two buffers in turn: an answer that waits over the change of a second keeps a whole text.
  thread_local char text[2][32];
  thread_local unsigned turn = 0;
  thread_local std::time_t written = 0;
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  constexpr size_t kBytes = 29;
  if (now.tv_sec != written) {
    written = now.tv_sec;
    turn ^= 1;
    std::tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::strftime(text[turn], sizeof text[turn], "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return {text[turn], kBytes};
}

}  // namespace fairlead::server
