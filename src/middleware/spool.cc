#include "middleware/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "io/work.h"

namespace fairlead::middleware {
namespace {

constexpr size_t kBlock = 16 * 1024;
constexpr size_t kStage = 256 * 1024;
constexpr size_t kReadBlock = 64 * 1024;

const char* temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

// A file that nobody else can open and that is gone when it is closed; -1 when there is none.
int open_nameless_file() {
  int file = ::open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  // Not every file system has such files.
  std::string name = std::string(temporary_folder()) + "/fairlead.XXXXXX";
  file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0) ::unlink(name.c_str());
  return file;
}

bool write_whole(int file, std::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return true;
}

}  // namespace

class Spool::View final : public http::Body {
 public:
  View(const Spool& of, const http::HeaderMap* trailers) : of_(of), trailers_(trailers) {}

  io::Task<Result<http::Chunk>> read() override {
    if (block_ < of_.blocks_.size()) {
      const Block& block = of_.blocks_[block_++];
      given_ += block.used;
      is_finished_ = given_ == of_.size_;
      return Result<http::Chunk>(
          http::Chunk(block.buffer, {block.buffer->bytes(), block.used}, is_finished_));
    }
    if (given_ < of_.size_) return read_file();
    is_finished_ = true;
    return Result<http::Chunk>(http::Chunk::end());
  }
  const http::HeaderMap* trailers() const override { return trailers_; }
  bool is_finished() const override { return is_finished_; }
  // With trailers a message has to be framed by chunks.
  int64_t length() const override {
    return trailers_ == nullptr ? static_cast<int64_t>(of_.size_) : -1;
  }
  uint64_t bytes_read() const override { return given_; }

 private:
  io::Task<Result<http::Chunk>> read_file() {
    http::Buffer* buffer = http::Buffer::take(kReadBlock);
    http::Chunk owner(buffer, {});
    buffer->drop();  // the chunk keeps it
    size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer->capacity(), of_.size_ - given_));
    auto at = static_cast<off_t>(given_ - of_.in_memory_);
    ssize_t got = -1;
    int file = of_.file_;
    std::function<void()> job = [&got, file, buffer, wanted, at] {
      do {
        got = ::pread(file, buffer->bytes(), wanted, at);
      } while (got < 0 && errno == EINTR);
    };
    co_await io::run_on_pool(std::move(job));
    if (got <= 0) co_return fail(Code::io, Side::self, Stage::body);
    given_ += static_cast<uint64_t>(got);
    is_finished_ = given_ == of_.size_;
    co_return http::Chunk(buffer, {buffer->bytes(), static_cast<size_t>(got)}, is_finished_);
  }

  const Spool& of_;
  const http::HeaderMap* trailers_;
  size_t block_ = 0;
  uint64_t given_ = 0;
  bool is_finished_ = false;
};

Spool::~Spool() {
  for (Block& block : blocks_) block.buffer->drop();
  if (file_ >= 0) ::close(file_);
}

http::Body& Spool::play(Arena& arena, const http::HeaderMap* trailers) const {
  return *arena.make<View>(*this, trailers);
}

std::string_view Spool::keep(std::string_view bytes) {
  size_t fits = static_cast<size_t>(std::min<uint64_t>(bytes.size(), memory_bytes_ - in_memory_));
  std::string_view kept = bytes.substr(0, fits);
  in_memory_ += fits;
  while (!kept.empty()) {
    if (blocks_.empty() || blocks_.back().used == blocks_.back().buffer->capacity())
      blocks_.push_back({http::Buffer::take(kBlock), 0});
    Block& block = blocks_.back();
    size_t taken = std::min(kept.size(), block.buffer->capacity() - block.used);
    std::memcpy(block.buffer->bytes() + block.used, kept.data(), taken);
    block.used += taken;
    kept.remove_prefix(taken);
  }
  return bytes.substr(fits);
}

io::Task<Result<void>> Spool::write_staged() {
  bool is_written = false;
  std::function<void()> job = [this, &is_written] {
    if (file_ < 0) file_ = open_nameless_file();
    is_written = file_ >= 0 && write_whole(file_, staged_, in_file_);
  };
  co_await io::run_on_pool(std::move(job));
  if (!is_written) co_return fail(Code::io, Side::self, Stage::body);
  in_file_ += staged_.size();
  staged_.clear();
  co_return Result<void>{};
}

io::Task<Result<void>> Spool::fill(http::Body& source, uint64_t most) {
  while (!source.is_finished() && source.length() != 0) {
    Result<http::Chunk> chunk = co_await source.read();
    if (!chunk) co_return fail(chunk.error());
    size_ += chunk->bytes().size();
    if (most != 0 && size_ > most) co_return fail(Code::body_too_large, Side::self, Stage::body);
    staged_ += keep(chunk->bytes());
    if (staged_.size() < kStage) continue;
    Result<void> written = co_await write_staged();
    if (!written) co_return fail(written.error());
  }
  if (staged_.empty()) co_return Result<void>{};
  Result<void> written = co_await write_staged();
  staged_.shrink_to_fit();
  co_return written;
}

}  // namespace fairlead::middleware
