// Brotli (RFC 7932) by libbrotlienc. The library cannot start an encoder over, so a new one is made
// for each message; its memory, however, is kept: the blocks that one message used serve the next.
#include <cstdlib>
#include <vector>

#include <brotli/encode.h>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

// Of 0 to 11: the quality that costs about what gzip's default costs and gives smaller text.
constexpr uint32_t kQuality = 4;
constexpr uint32_t kWindowLog =
    17;  // 128 KiB: twice as much doubles the encoder for a thousandth in size

// The blocks of one encoder. The library asks for few, of recurring sizes.
class Blocks {
 public:
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() {
    for (Block& block : blocks_) std::free(block.memory);
  }

  void* take(size_t bytes) {
    for (Block& block : blocks_) {
      if (block.is_taken || block.bytes != bytes) continue;
      block.is_taken = true;
      return block.memory;
    }
    void* memory = std::malloc(bytes);
    if (memory != nullptr) blocks_.push_back({memory, bytes, true});
    return memory;
  }
  void give(void* memory) {
    for (Block& block : blocks_) {
      if (block.memory == memory) block.is_taken = false;
    }
  }
  // Sizes follow the input: what lies unused beyond a bound goes.
  void trim() {
    size_t kept = 0;
    std::erase_if(blocks_, [&](Block& block) {
      kept += block.bytes;
      bool goes = !block.is_taken && kept > kMaxKeptBytes;
      if (goes) std::free(block.memory);
      return goes;
    });
  }

 private:
  static constexpr size_t kMaxKeptBytes = size_t{2} << 20;
  struct Block {
    void* memory;
    size_t bytes;
    bool is_taken;
  };
  std::vector<Block> blocks_;
};

class BrotliEncoder final : public Encoder {
 public:
  BrotliEncoder() { start(); }
  ~BrotliEncoder() override { stop(); }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;

  bool is_usable() const { return state_ != nullptr; }

  std::optional<Outcome> run(std::string_view input, std::span<char> output, Step step) override {
    size_t in_left = input.size(), out_left = output.size();
    auto* in = reinterpret_cast<const uint8_t*>(input.data());
    auto* out = reinterpret_cast<uint8_t*>(output.data());
    BrotliEncoderOperation operation = step == Step::run     ? BROTLI_OPERATION_PROCESS
                                       : step == Step::flush ? BROTLI_OPERATION_FLUSH
                                                             : BROTLI_OPERATION_FINISH;
    if (BrotliEncoderCompressStream(state_, operation, &in_left, &in, &out_left, &out, nullptr) ==
        BROTLI_FALSE) {
      return std::nullopt;
    }
    Outcome outcome{input.size() - in_left, output.size() - out_left, false};
    bool is_drained = in_left == 0 && BrotliEncoderHasMoreOutput(state_) == BROTLI_FALSE;
    outcome.is_done = step == Step::finish ? BrotliEncoderIsFinished(state_) != BROTLI_FALSE
                      : step == Step::run  ? in_left == 0
                                           : is_drained;
    return outcome;
  }

  bool reset() override {
    stop();
    blocks_.trim();
    start();
    return is_usable();
  }

 private:
  void start() {
    state_ = BrotliEncoderCreateInstance(
        [](void* blocks, size_t bytes) { return static_cast<Blocks*>(blocks)->take(bytes); },
        [](void* blocks, void* memory) { static_cast<Blocks*>(blocks)->give(memory); }, &blocks_);
    if (state_ == nullptr) return;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowLog);
  }
  void stop() {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(std::exchange(state_, nullptr));
  }

  Blocks blocks_;  // outlives the state
  BrotliEncoderState* state_ = nullptr;
};

}  // namespace

std::unique_ptr<Encoder> make_brotli_encoder() {
  auto encoder = std::make_unique<BrotliEncoder>();
  if (!encoder->is_usable()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
