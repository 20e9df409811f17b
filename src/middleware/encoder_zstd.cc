// zstd (RFC 8878) by libzstd.
#include <zstd.h>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

constexpr int kLevel = 3;  // the library's own choice: faster than gzip's fastest, and smaller
// 128 KiB: a decoder needs as much, and so do we for every answer under way. RFC 9659 allows 8 MiB.
constexpr int kWindowLog = 17;

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    is_usable_ =
        ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel)) == 0 &&
        ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kWindowLog)) == 0;
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  bool is_usable() const { return is_usable_; }

  std::optional<Outcome> run(std::string_view input, std::span<char> output, Step step) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    ZSTD_EndDirective directive = step == Step::run     ? ZSTD_e_continue
                                  : step == Step::flush ? ZSTD_e_flush
                                                        : ZSTD_e_end;
    size_t left = ZSTD_compressStream2(context_, &out, &in, directive);
    if (ZSTD_isError(left) != 0) return std::nullopt;
    bool is_done = step == Step::run ? in.pos == in.size : left == 0;
    return Outcome{in.pos, out.pos, is_done};
  }

  bool reset() override {
    return ZSTD_isError(ZSTD_CCtx_reset(context_, ZSTD_reset_session_only)) == 0;
  }

 private:
  ZSTD_CCtx* context_;
  bool is_usable_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_zstd_encoder() {
  auto encoder = std::make_unique<ZstdEncoder>();
  if (!encoder->is_usable()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
