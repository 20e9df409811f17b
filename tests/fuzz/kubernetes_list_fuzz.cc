// A list of the API server, taken apart in two pieces: never more than the whole, and the same as
// in one.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "providers/kubernetes/item_splitter.h"

using fairlead::providers::kubernetes::ItemSplitter;

namespace {

std::string split(std::string_view text, size_t first) {
  ItemSplitter splitter(4096);
  std::string out;
  auto take = [&](std::string_view item) { out.append(item).push_back('\n'); };
  bool is_good =
      splitter.feed(text.substr(0, first), take) && splitter.feed(text.substr(first), take);
  out += is_good ? splitter.rest() : "refused";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (split(text, text.size()) != split(text, text.size() * data[0] / 256)) std::abort();
  return 0;
}
