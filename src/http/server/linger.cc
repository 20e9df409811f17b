#include "http/server/linger.h"

#include "http/body.h"

namespace fairlead::http {
namespace {
constexpr io::Duration kLingerTime{2000};
constexpr size_t kLingerBytes = 256 * 1024;
}  // namespace

io::Task<void> linger(io::Stream& stream) {
  stream.shutdown_write();
  Buffer* scrap = nullptr;
  size_t discarded = 0;
  io::TimePoint until = io::Loop::current()->now() + kLingerTime;
  for (;;) {
    if (scrap == nullptr) scrap = Buffer::take(8192);
    Result<size_t> got = stream.try_read({scrap->bytes(), scrap->capacity()});
    if (got) {
      discarded += *got;
      if (*got == 0 || discarded > kLingerBytes) break;
      continue;
    }
    if (got.error().code != Code::would_block) break;
    scrap->drop();
    scrap = nullptr;
    io::Duration left = until - io::Loop::current()->now();
    if (left <= io::Duration::zero()) break;
    Result<void> ready = co_await stream.readable({left, Code::closed, Side::client, Stage::body});
    if (!ready) break;
  }
  if (scrap != nullptr) scrap->drop();
}

}  // namespace fairlead::http
