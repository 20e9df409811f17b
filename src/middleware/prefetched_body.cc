#include "middleware/prefetched_body.h"

#include <utility>

namespace fairlead::middleware {

void PrefetchedBody::prefetch(size_t enough) {
  while (bytes_ < enough && !has_end_ && !pending_ && !failure_) {
    io::Task<Result<http::Chunk>> next = rest_.read();
    if (!next.is_ready()) {
      pending_.emplace(std::move(next));
      return;
    }
    Result<http::Chunk> chunk = next.take();
    if (!chunk) {
      failure_ = chunk.error();
      return;
    }
    bytes_ += chunk->bytes().size();
    has_end_ = chunk->is_last();
    Piece* piece = arena_.make<Piece>(std::move(*chunk));
    (first_ == nullptr ? first_ : last_->next) = piece;
    last_ = piece;
  }
}

io::Task<Result<http::Chunk>> PrefetchedBody::read() {
  if (first_ != nullptr) {
    Piece* piece = std::exchange(first_, first_->next);
    return Result<http::Chunk>(std::move(piece->chunk));
  }
  if (failure_) return Result<http::Chunk>(fail(*failure_));
  if (pending_) {
    io::Task<Result<http::Chunk>> next(std::move(*pending_));
    pending_.reset();
    return next;
  }
  return rest_.read();
}

}  // namespace fairlead::middleware
