// Undoes content codings, for tests: the whole of a coded text or, of a stream that goes on, what
// can be told so far.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

namespace fairlead::testing {

struct Decoded {
  std::string text;
  bool has_ended = false;
};

inline Decoded decode_gzip(std::string_view coded) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  Decoded decoded;
  char block[65536];
  int result = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    result = inflate(&stream, Z_SYNC_FLUSH);
    decoded.text.append(block, sizeof block - stream.avail_out);
  } while (result == Z_OK && stream.avail_out == 0);
  inflateEnd(&stream);
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
    throw std::runtime_error("malformed gzip");
  decoded.has_ended = result == Z_STREAM_END;
  return decoded;
}

inline Decoded decode_brotli(std::string_view coded) {
  BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  size_t in_left = coded.size();
  auto* in = reinterpret_cast<const uint8_t*>(coded.data());
  Decoded decoded;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    uint8_t block[65536];
    uint8_t* out = block;
    size_t out_left = sizeof block;
    result = BrotliDecoderDecompressStream(state, &in_left, &in, &out_left, &out, nullptr);
    decoded.text.append(reinterpret_cast<char*>(block), sizeof block - out_left);
  }
  BrotliDecoderDestroyInstance(state);
  if (result == BROTLI_DECODER_RESULT_ERROR) throw std::runtime_error("malformed brotli");
  decoded.has_ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  return decoded;
}

inline Decoded decode_zstd(std::string_view coded) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  Decoded decoded;
  std::string block(65536, '\0');
  for (;;) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    size_t left = ZSTD_decompressStream(context, &out, &in);
    decoded.text.append(block.data(), out.pos);
    if (ZSTD_isError(left) != 0) {
      ZSTD_freeDCtx(context);
      throw std::runtime_error("malformed zstd");
    }
    decoded.has_ended = left == 0;
    if (left == 0 || (in.pos == in.size && out.pos < out.size)) break;
  }
  ZSTD_freeDCtx(context);
  return decoded;
}

inline Decoded decode(std::string_view coding, std::string_view coded) {
  if (coding == "gzip") return decode_gzip(coded);
  if (coding == "br") return decode_brotli(coded);
  if (coding == "zstd") return decode_zstd(coded);
  return {std::string(coded), true};
}

}  // namespace fairlead::testing
