// gzip (RFC 1952) by zlib.
#include <zlib.h>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

// Of 1 to 9: on JSON and HTML level 5 is within 2% of the size of level 6 and takes two thirds of
// its time.
constexpr int kLevel = 5;
constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with gzip's header and trailer
constexpr int kMemoryLevel = 8;

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder() {
    is_usable_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override {
    if (is_usable_) deflateEnd(&stream_);
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  bool is_usable() const { return is_usable_; }

  std::optional<Outcome> run(std::string_view input, std::span<char> output, Step step) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    int result = deflate(&stream_, step == Step::run     ? Z_NO_FLUSH
                                   : step == Step::flush ? Z_SYNC_FLUSH
                                                         : Z_FINISH);
    // Z_BUF_ERROR: there was nothing to do, which is no fault.
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return std::nullopt;
    Outcome outcome{input.size() - stream_.avail_in, output.size() - stream_.avail_out, false};
    bool is_all_taken = stream_.avail_in == 0;
    switch (step) {
      case Step::run:
        outcome.is_done = is_all_taken;
        break;
      case Step::flush:
        outcome.is_done = is_all_taken && stream_.avail_out != 0;
        break;
      case Step::finish:
        outcome.is_done = result == Z_STREAM_END;
        break;
    }
    return outcome;
  }

  bool reset() override { return deflateReset(&stream_) == Z_OK; }

 private:
  z_stream stream_{};
  bool is_usable_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_gzip_encoder() {
  auto encoder = std::make_unique<GzipEncoder>();
  if (!encoder->is_usable()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
