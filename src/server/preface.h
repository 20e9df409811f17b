// What a client says first on an entry point with TCP routers, as far as it decides who answers.
// Bounded in bytes and time. One worker.
#pragma once

#include <string>

#include "server/sort_connection.h"
#include "tls/client_hello.h"

namespace fairlead::server {

struct Preface {
  enum class Kind : uint8_t { clear, tls, postgres_tls, postgres_gss };
  Kind kind = Kind::clear;
  std::string bytes;  // all that was read
  tls::ClientHello hello;
};

// `asks_postgres`: whether PostgreSQL's questions are told from other bytes. Errors: closed, reset,
// the timeouts'.
io::Task<Result<Preface>> read_preface(io::Stream& stream, Arrival at, bool asks_postgres);

}  // namespace fairlead::server
