#include "middleware/grpc_web_body.h"

#include <cstring>
#include <string>

#include "base/base64.h"

namespace fairlead::middleware {
namespace {

http::Chunk owned_chunk(std::string_view bytes, bool is_last) {
  http::Buffer* buffer = http::Buffer::take(sizeof(http::Buffer) + bytes.size() + 1);
  if (!bytes.empty()) std::memcpy(buffer->bytes(), bytes.data(), bytes.size());
  http::Chunk chunk(buffer, {buffer->bytes(), bytes.size()}, is_last);
  buffer->drop();  // the chunk keeps it
  return chunk;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

io::Task<Result<http::Chunk>> Base64Decoded::read() {
  for (;;) {
    Result<http::Chunk> chunk = co_await source_.read();
    if (!chunk) co_return fail(chunk.error());
    std::optional<http::Chunk> decoded = decode(*chunk);
    if (!decoded) co_return fail(Code::bad_chunk, Side::client, Stage::body);
    if (decoded->bytes().empty() && !decoded->is_last()) continue;
    co_return std::move(*decoded);
  }
}

std::optional<http::Chunk> Base64Decoded::decode(const http::Chunk& chunk) {
  std::string out;
  for (char c : chunk.bytes()) {
    if (c == '\r' || c == '\n') continue;
    group_[group_size_++] = c;
    if (group_size_ < group_.size()) continue;
    char bytes[3];
    static_assert(sizeof bytes == 3);
    std::optional<std::string_view> piece = base64_decode({group_.data(), 4}, bytes);
    if (!piece) return std::nullopt;
    out += *piece;
    group_size_ = 0;
  }
  if (chunk.is_last() && group_size_ != 0) return std::nullopt;
  return owned_chunk(out, chunk.is_last());
}

io::Task<Result<http::Chunk>> GrpcWebResponse::read() {
  io::Task<Result<http::Chunk>> next = source_.read();
  if (!next.is_ready()) return give_later(std::move(next));
  return give(next.take());
}

io::Task<Result<http::Chunk>> GrpcWebResponse::give_later(io::Task<Result<http::Chunk>> next) {
  io::Task<Result<http::Chunk>> owned = std::move(next);
  Result<http::Chunk> chunk = co_await owned;
  co_return give(std::move(chunk));
}

Result<http::Chunk> GrpcWebResponse::give(Result<http::Chunk> chunk) {
  if (!chunk) return fail(chunk.error());
  if (form_ == Form::binary && !chunk->is_last()) return chunk;
  is_finished_ = chunk->is_last();
  std::string bytes(chunk->bytes());
  if (is_finished_) bytes += trailer_frame();
  if (form_ == Form::text) bytes = base64_encode(bytes);
  return owned_chunk(bytes, is_finished_);
}

// PROTOCOL-WEB of gRPC: the bit 0x80, the length in four bytes, then the fields as HTTP/1 has them.
std::string GrpcWebResponse::trailer_frame() const {
  const http::HeaderMap* trailers = source_.trailers();
  if (trailers == nullptr || trailers->empty()) return {};
  std::string fields;
  for (const http::Field& field : trailers->fields()) {
    for (char c : field.name) fields += lower(c);
    fields += ": ";
    fields += field.value;
    fields += "\r\n";
  }
  auto size = static_cast<uint32_t>(fields.size());
  std::string frame{static_cast<char>(0x80)};
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift & 0xff);
  return frame + fields;
}

}  // namespace fairlead::middleware
