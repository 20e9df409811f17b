#include "tcp/postgres.h"

namespace fairlead::tcp {

io::Task<Result<void>> ask_postgres_for_tls(io::Stream& server, io::Timeout limit) {
  iovec part{const_cast<char*>(kPostgresSslRequest.data()), kPostgresSslRequest.size()};
  Result<void> sent = co_await io::write_all(server, {&part, 1}, limit);
  if (!sent) co_return fail(sent.error());
  for (;;) {
    char answer = 0;
    Result<size_t> got = server.try_read({&answer, 1});
    if (got && *got == 1 && answer == 'S') co_return Result<void>{};
    if (got) co_return fail(Code::refused, Side::upstream, Stage::connect);
    if (got.error().code != Code::would_block) co_return fail(got.error());
    Result<void> ready = co_await server.readable(limit);
    if (!ready) co_return fail(ready.error());
  }
}

}  // namespace fairlead::tcp
