// What waiting costs: a chain of five coroutine frames with one real suspension at the leaf,
// results as values. Prints nanoseconds a chain and calls of the global heap a chain (the frames
// come from the thread's BlockPool).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "io/scope.h"
#include "tests/support/virtual_loop.h"

namespace {
unsigned long heap_calls = 0;
}
void* operator new(size_t bytes) {
  ++heap_calls;
  return std::malloc(bytes);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

using namespace fairlead;
using namespace fairlead::io;

namespace {

constexpr int kChains = 1'000'000;

Task<Result<int>> leaf(Event& event) {
  Result<void> woken = co_await event.wait(nullptr);
  if (!woken) co_return fail(woken.error());
  co_return 1;
}
template <int Depth>
Task<Result<int>> link(Event& event) {
  if constexpr (Depth == 1) {
    Result<int> below = co_await leaf(event);
    co_return below;
  } else {
    Result<int> below = co_await link<Depth - 1>(event);
    co_return below;
  }
}

Task<void> run_chains(Event& event, long& sum) {
  for (int i = 0; i < kChains; ++i) {
    Result<int> one = co_await link<4>(event);
    sum += *one;
  }
}

}  // namespace

int main() {
  testing::VirtualLoop loop;
  Event event;
  long sum = 0;
  Scope scope;
  scope.spawn(run_chains(event, sum));
  loop.settle();
  unsigned long heap_before = heap_calls;
  auto begin = std::chrono::steady_clock::now();
  while (sum < kChains) {
    event.set();
    event.reset();
    loop.drain_ready();
  }
  std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  std::printf("five frames, one suspension: %.1f ns a chain, %.6f heap calls a chain\n",
              took.count() / kChains, static_cast<double>(heap_calls - heap_before) / kChains);
}
