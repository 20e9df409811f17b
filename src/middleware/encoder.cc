#include "middleware/encoder.h"

#include <vector>

namespace fairlead::middleware {
namespace {

// What an encoder of these settings has held at most over 4 MB of JSON, rounded up.
constexpr size_t bytes_of(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return 272 << 10;
    case Coding::br:
      return 2560 << 10;
    case Coding::zstd:
      return 1792 << 10;
    case Coding::identity:
      break;
  }
  return 0;
}
// Slow readers of compressed answers hold an encoder each: this is what they may hold of a worker.
constexpr size_t kMaxAtWork = size_t{128} << 20;
// Kept idle, of each coding: a burst must not keep its memory for ever.
constexpr size_t kMaxKept = 4;

struct Shelf {
  std::vector<std::unique_ptr<Encoder>> kept[4];
  size_t at_work_bytes = 0;
  uint64_t made = 0;
};

Shelf& shelf() {
  thread_local Shelf shelf;
  return shelf;
}

std::unique_ptr<Encoder> make(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return make_gzip_encoder();
    case Coding::br:
      return make_brotli_encoder();
    case Coding::zstd:
      return make_zstd_encoder();
    case Coding::identity:
      break;
  }
  return nullptr;
}

}  // namespace

EncoderLease lease_encoder(Coding coding) {
  Shelf& own = shelf();
  if (own.at_work_bytes + bytes_of(coding) > kMaxAtWork) return {};
  auto& kept = own.kept[static_cast<size_t>(coding)];
  std::unique_ptr<Encoder> encoder;
  if (!kept.empty()) {
    encoder = std::move(kept.back());
    kept.pop_back();
  } else {
    encoder = make(coding);
    ++own.made;
  }
  if (encoder == nullptr) return {};
  own.at_work_bytes += bytes_of(coding);
  return {std::move(encoder), coding};
}

void EncoderLease::give_back() {
  if (encoder_ == nullptr) return;
  Shelf& own = shelf();
  own.at_work_bytes -= bytes_of(coding_);
  std::unique_ptr<Encoder> encoder = std::move(encoder_);
  auto& kept = own.kept[static_cast<size_t>(coding_)];
  if (kept.size() < kMaxKept && encoder->reset()) kept.push_back(std::move(encoder));
}

EncoderCounts encoder_counts() {
  Shelf& own = shelf();
  EncoderCounts counts{own.at_work_bytes, 0, own.made};
  for (const auto& kept : own.kept) counts.kept += kept.size();
  return counts;
}

}  // namespace fairlead::middleware
