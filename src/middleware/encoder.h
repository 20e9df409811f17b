// Streaming compressors, one interface for gzip, brotli and zstd, kept by each thread for the next
// message: setting one up costs more than a small body. What a thread has at work at a time is
// bounded in memory; who gets none sends the body as it is. One thread each.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "middleware/content_coding.h"

namespace fairlead::middleware {

class Encoder {
 public:
  enum class Step : uint8_t {
    run,     // take input, give output when it is worth it
    flush,   // everything taken so far must come out
    finish,  // as flush, and the end
  };
  struct Outcome {
    size_t consumed = 0;
    size_t produced = 0;
    bool is_done = false;  // the step is; otherwise call again, with room
  };

  virtual ~Encoder() = default;
  // Nothing when the library fails: the message cannot go on. A step begun is repeated until it is
  // done.
  virtual std::optional<Outcome> run(std::string_view input, std::span<char> output, Step step) = 0;
  // Makes it ready for another message; false when it cannot be used again.
  virtual bool reset() = 0;
};

// Made by encoder_<coding>.cc; null when there is no memory.
std::unique_ptr<Encoder> make_gzip_encoder();
std::unique_ptr<Encoder> make_brotli_encoder();
std::unique_ptr<Encoder> make_zstd_encoder();

// An encoder on loan from its thread; goes back when destroyed. Empty when none was to be had.
class EncoderLease {
 public:
  EncoderLease() = default;
  EncoderLease(std::unique_ptr<Encoder> encoder, Coding coding)
      : encoder_(std::move(encoder)), coding_(coding) {}
  EncoderLease(EncoderLease&&) = default;
  EncoderLease& operator=(EncoderLease&& other) noexcept {
    std::swap(encoder_, other.encoder_);
    std::swap(coding_, other.coding_);
    return *this;
  }
  ~EncoderLease() { give_back(); }
  void give_back();

  explicit operator bool() const { return encoder_ != nullptr; }
  Encoder* operator->() const { return encoder_.get(); }

 private:
  std::unique_ptr<Encoder> encoder_;
  Coding coding_ = Coding::identity;
};

// Empty when this thread's encoders at work hold as much memory as they may.
EncoderLease lease_encoder(Coding coding);

// Of this thread, for tests.
struct EncoderCounts {
  size_t at_work_bytes = 0;
  size_t kept = 0;
  uint64_t made = 0;
};
EncoderCounts encoder_counts();

}  // namespace fairlead::middleware
