#include "pipeline/subrequest.h"

#include <cstring>
#include <vector>

namespace fairlead::pipeline {

Subrequest::Subrequest(Exchange& parent, Arena& arena)
    : Exchange(arena, parent.worker(), &parent.scope), parent_(parent) {
  peer = parent.peer;
  local = parent.local;
  is_tls = parent.is_tls;
  tls = parent.tls;
  route = parent.route;
  request.method_text = "GET";
  request.scheme = parent.request.scheme;
  request.authority = parent.request.authority;
  request.host = parent.request.host;
  record.begin = observe::Clock::now();
}

Subrequest& Subrequest::make(Exchange& parent) {
  auto& sub = *parent.arena.make<Subrequest>(parent, parent.arena);
  parent.scope.spawn(outlive(parent, sub));
  return sub;
}

io::Task<void> Subrequest::outlive(Exchange& parent, Subrequest& sub) {
  // Ends when the parent's scope is cancelled, as it is when the exchange is over.
  io::Wait until_over(nullptr, &parent.scope, io::kNoTimeout);
  (void)co_await until_over;
  co_await sub.end();
}

io::Task<void> Subrequest::end() {
  scope.cancel(Error{Code::cancelled});
  return scope.join();
}

io::Task<Result<std::string_view>> read_whole(http::Body& body, uint64_t most, Arena& arena) {
  std::vector<http::Chunk> chunks;
  size_t bytes = 0;
  while (!body.is_finished() && body.length() != 0) {
    Result<http::Chunk> chunk = co_await body.read();
    if (!chunk) co_return fail(chunk.error());
    bytes += chunk->bytes().size();
    if (bytes > most) co_return fail(Code::body_too_large, Side::self, Stage::body);
    if (!chunk->bytes().empty()) chunks.push_back(std::move(*chunk));
  }
  char* text = arena.take_chars(bytes);
  char* at = text;
  for (const http::Chunk& chunk : chunks) {
    std::memcpy(at, chunk.bytes().data(), chunk.bytes().size());
    at += chunk.bytes().size();
  }
  co_return std::string_view(text, bytes);
}

}  // namespace fairlead::pipeline
