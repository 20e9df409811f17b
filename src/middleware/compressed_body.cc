#include "middleware/compressed_body.h"

#include <utility>

#include "io/wait.h"

namespace fairlead::middleware {
namespace {

constexpr size_t kOutputBlock = 16 * 1024;
// Input compressed in one go before other requests of the worker have their turn: about a
// millisecond.
constexpr size_t kBreathBytes = 64 * 1024;

}  // namespace

io::Task<Result<http::Chunk>> CompressedBody::read() {
  if (Made made = make()) return std::move(*made);
  return make_later();
}

io::Task<Result<http::Chunk>> CompressedBody::make_later() {
  for (;;) {
    if (since_breath_ >= kBreathBytes) {
      since_breath_ = 0;
      co_await io::Breath();
    } else {
      Result<http::Chunk> next = co_await *pending_;
      pending_.emplace(std::move(next));
    }
    if (Made made = make()) co_return std::move(*made);
  }
}

Result<bool> CompressedBody::take_input() {
  if (!pending_) pending_.emplace(source_.read());
  if (!pending_->is_ready()) return false;
  Result<http::Chunk> chunk = pending_->take();
  pending_.reset();
  if (!chunk) return fail(chunk.error());
  input_ = std::move(*chunk);
  unread_ = input_.bytes();
  is_last_input_ = input_.is_last();
  return true;
}

CompressedBody::Made CompressedBody::make() {
  for (;;) {
    auto step = is_last_input_ ? Encoder::Step::finish : Encoder::Step::run;
    if (unread_.empty() && !is_last_input_) {
      Result<bool> taken = take_input();
      if (!taken) return Result<http::Chunk>(fail(taken.error()));
      if (*taken) continue;
      if (!has_unflushed_) return std::nullopt;
      step = Encoder::Step::flush;
    }
    if (since_breath_ >= kBreathBytes) return std::nullopt;
    if (Made made = encode(step)) return made;
  }
}

CompressedBody::Made CompressedBody::encode(Encoder::Step step) {
  if (output_ == nullptr) output_ = http::Buffer::take(kOutputBlock);
  std::span<char> room{output_->bytes() + output_bytes_, output_->capacity() - output_bytes_};
  std::string_view input = unread_.substr(0, kBreathBytes - since_breath_);
  bool is_part = input.size() < unread_.size();
  std::optional<Encoder::Outcome> outcome =
      encoder_->run(input, room, is_part ? Encoder::Step::run : step);
  if (!outcome) {
    return Result<http::Chunk>(fail(Code::internal, Side::self, Stage::body));
  }
  unread_.remove_prefix(outcome->consumed);
  since_breath_ += outcome->consumed;
  output_bytes_ += outcome->produced;
  if (outcome->consumed != 0) has_unflushed_ = true;
  bool is_step_done = outcome->is_done && !is_part;
  if (is_step_done && step == Encoder::Step::finish) {
    is_finished_ = true;
    encoder_.give_back();
    return Result<http::Chunk>(take_output(true));
  }
  if (is_step_done && step == Encoder::Step::flush) {
    has_unflushed_ = false;
    if (output_bytes_ != 0) return Result<http::Chunk>(take_output(false));
    return std::nullopt;
  }
  if (output_bytes_ == output_->capacity()) return Result<http::Chunk>(take_output(false));
  return std::nullopt;
}

http::Chunk CompressedBody::take_output(bool is_last) {
  http::Buffer* buffer = std::exchange(output_, nullptr);
  http::Chunk chunk(buffer, {buffer->bytes(), std::exchange(output_bytes_, 0)}, is_last);
  buffer->drop();  // the chunk keeps it
  return chunk;
}

}  // namespace fairlead::middleware
