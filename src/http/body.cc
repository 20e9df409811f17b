#include "http/body.h"

#include <new>

namespace fairlead::http {

Buffer* Buffer::take(size_t block_bytes) {
  return ::new (BlockPool::take(block_bytes)) Buffer{1, static_cast<uint32_t>(block_bytes)};
}

}  // namespace fairlead::http
