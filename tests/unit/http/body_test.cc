#include "http/body.h"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::http;

TEST_CASE("body: a buffer lives until its last chunk is gone") {
  Buffer* buffer = Buffer::take(4096);
  CHECK(buffer->references == 1);
  CHECK(buffer->capacity() == 4096 - sizeof(Buffer));
  buffer->bytes()[0] = 'a';
  buffer->bytes()[buffer->capacity() - 1] = 'z';
  {
    Chunk first(buffer, {buffer->bytes(), 1});
    Chunk second(buffer, {buffer->bytes() + 1, 1}, true);
    CHECK(buffer->references == 3);
    Chunk moved = std::move(first);
    CHECK(buffer->references == 3);
    CHECK(moved.bytes() == "a");
    CHECK(!moved.is_last());
    CHECK(second.is_last());
  }
  CHECK(buffer->references == 1);
  buffer->drop();
}
