// How long Router::match takes, and how long a Router takes to build: 10 to 100,000 routers with
// one exact host each. "hot" asks for one host again and again; "random" walks over all of them, so
// that at 100,000 nearly every lookup leaves the caches. Instructions are counted where the kernel
// lets perf events be used.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <random>

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "routing/router.h"

namespace {

using namespace fairlead;
// Of this thread's processor time, so that a busy machine disturbs only through the shared caches.
double now_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double since(double start, double unit) { return (now_seconds() - start) * unit; }

class InstructionCounter {
 public:
  InstructionCounter() {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    fd_ = static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  ~InstructionCounter() {
    if (fd_ >= 0) close(fd_);
  }
  // 0 when counting is not allowed.
  uint64_t read_count() const {
    uint64_t count = 0;
    return fd_ >= 0 && read(fd_, &count, sizeof count) == sizeof count ? count : 0;
  }

 private:
  int fd_ = -1;
};

// Made on the spot, because a table of names would push the router out of the caches.
size_t write_host(char* out, size_t i) {
  constexpr std::string_view kForm = "tenant-000000.example.com";
  std::memcpy(out, kForm.data(), kForm.size());
  for (char* digit = out + 12; digit > out + 6; i /= 10) *digit-- = static_cast<char>('0' + i % 10);
  return kForm.size();
}

std::string host(size_t i) {
  char text[64];
  return {text, write_host(text, i)};
}

std::vector<routing::RouterEntry> make_entries(size_t count) {
  std::vector<routing::RouterEntry> entries;
  for (size_t i = 0; i < count; ++i) {
    auto route = std::make_shared<pipeline::Route>();
    route->name = host(i) + "@docker";
    route->rule = "Host(`" + host(i) + "`)";
    route->priority = static_cast<int64_t>(route->rule.size());
    entries.push_back({*routing::compile_rule(route->rule), route, 0});
  }
  return entries;
}

struct Cost {
  double nanoseconds;
  double instructions;
};

// Lookups wait for each other through `chain`, so that time means latency and not overlapping
// misses.
Cost measure(const routing::Router* router, const std::vector<uint32_t>& order) {
  Arena arena;
  http::RequestHead head(arena);
  auto peer = io::Address::parse("192.0.2.1", 1);
  routing::MatchContext context{head, "/", *peer, arena};
  InstructionCounter counter;
  uint64_t chain = 0, before = counter.read_count();
  auto start = now_seconds();
  char received[64];  // a request's host was read a moment ago: it is always warm
  for (uint32_t i : order) {
    size_t length = write_host(received, i + (chain & 1));
    head.host = {received, length};
    asm volatile("" : : "r"(received) : "memory");
    uint64_t found =
        router ? reinterpret_cast<uintptr_t>(router->match(context)) : received[0] & 0x80u;
    asm volatile("" : "+r"(found));
    chain = found & 1;  // routes are aligned: always 0, but the processor cannot know
  }
  double count = static_cast<double>(order.size());
  return {since(start, 1e9) / count, static_cast<double>(counter.read_count() - before) / count};
}

void report(size_t routers) {
  auto entries = make_entries(routers);
  routing::Router router(entries);
  std::mt19937 random(7);
  std::vector<uint32_t> anywhere(1'000'000), one(1'000'000, static_cast<uint32_t>(routers / 2));
  for (uint32_t& i : anywhere) i = static_cast<uint32_t>(random() % routers);
  for (const auto& [name, order] : {std::pair{"hot", &one}, std::pair{"random", &anywhere}}) {
    measure(&router, *order);
    Cost best{1e9, 0};
    for (int i = 0; i < 5; ++i) {
      Cost cost = measure(&router, *order), loop = measure(nullptr, *order);
      double ns = cost.nanoseconds - loop.nanoseconds;
      if (ns < best.nanoseconds) best = {ns, cost.instructions - loop.instructions};
    }
    std::printf("%7zu routers, %-6s hosts: %6.1f ns", routers, name, best.nanoseconds);
    if (best.instructions > 0) std::printf(", %.0f instructions", best.instructions);
    std::printf("\n");
  }
}

void report_build(size_t routers) {
  auto start = now_seconds();
  auto entries = make_entries(routers);
  double compile = since(start, 1e3);
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    auto copy = entries;
    start = now_seconds();
    routing::Router router(std::move(copy));
    best = std::min(best, since(start, 1e3));
  }
  std::printf("%7zu routers: rules compiled in %.0f ms, router built in %.1f ms\n", routers,
              compile, best);
}

}  // namespace

// Without arguments the whole table. "router_bench ROUTERS LOOKUPS" only looks up, for tools that
// count instructions.
int main(int count, char** words) {
  if (count == 3) {
    routing::Router router(make_entries(std::stoul(words[1])));
    std::vector<uint32_t> order(std::stoul(words[2]));
    std::mt19937 random(7);
    for (uint32_t& i : order) i = static_cast<uint32_t>(random() % router.size());
    measure(&router, order);
    return 0;
  }
  for (size_t routers : {10, 1'000, 10'000, 100'000}) report(routers);
  for (size_t routers : {10'000, 100'000}) report_build(routers);
}
