#include "middleware/discard.h"

namespace fairlead::middleware {

void discard(const pipeline::Response& response) {
  constexpr size_t kMostBytes = 64 * 1024;
  size_t bytes = 0;
  while (response.body != nullptr && !response.body->is_finished() && bytes < kMostBytes) {
    io::Task<Result<http::Chunk>> next = response.body->read();
    if (!next.is_ready()) return;
    Result<http::Chunk> chunk = next.take();
    if (!chunk) return;
    bytes += chunk->bytes().size();
  }
}

}  // namespace fairlead::middleware
