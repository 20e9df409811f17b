// The counters of one thing that is measured by requests: an entry point, a router or a service.
// Made by Metrics on the control thread and held by the routes of a snapshot, so the identity is
// resolved when a configuration is compiled and counting looks nothing up. Each worker adds to
// cells of its own, which it makes when a (code, method, protocol) is first seen; a scrape on any
// thread reads the cells of all workers. Nothing is ever locked or shared between writers.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "observe/metric_labels.h"
#include "observe/record.h"

namespace fairlead::observe {

// One request, as counted.
struct Sample {
  uint16_t status = 0;
  uint8_t method = 0;  // method_number()
  Protocol protocol = Protocol::http;
  uint32_t retries = 0;
  std::chrono::nanoseconds duration{0};
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
  std::string_view tls_version{}, tls_cipher{};  // "" without TLS
};
Sample sample_of(const Record& record, std::string_view method, Protocol protocol);

class Series {
 public:
  enum class Kind : uint8_t { entry_point, router, service };

  // What the cells of all workers say together about one (code, method, protocol).
  struct Total {
    uint8_t code = 0, method = 0;
    Protocol protocol = Protocol::http;
    uint64_t requests = 0, request_bytes = 0, response_bytes = 0;
    std::chrono::nanoseconds duration{0};
    std::vector<uint64_t> buckets;  // not cumulative
  };

  struct TlsTotal {
    std::string version, cipher;
    uint64_t requests = 0;
  };

  // `bounds` are the histogram's upper bounds, ascending; they outlive the series.
  Series(Kind kind, std::string name, std::string service,
         std::span<const std::chrono::nanoseconds> bounds, unsigned workers);
  ~Series();
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& service() const { return service_; }  // of a router

  // From worker `worker` only. const, because routes are.
  void count(unsigned worker, const Sample& sample) const;

  // Any thread. In the order of code, method, protocol.
  std::vector<Total> totals() const;
  std::vector<TlsTotal> tls_totals() const;
  uint64_t retries() const;

 private:
  using Counter = std::atomic<uint64_t>;
  struct Cell {
    Cell(const Sample& first_of_kind, Cell* next)
        : method(first_of_kind.method), protocol(first_of_kind.protocol), next(next) {}
    uint8_t method;
    Protocol protocol;
    Cell* next;
    Counter requests{0}, request_bytes{0}, response_bytes{0}, duration{0};
    std::unique_ptr<Counter[]> buckets;
  };
  struct TlsCell {
    TlsCell(const Sample& first_of_kind, TlsCell* next)
        : version(first_of_kind.tls_version), cipher(first_of_kind.tls_cipher), next(next) {}
    std::string version, cipher;
    TlsCell* next;
    Counter requests{0};
  };
  // What one worker has counted. Cells are added in front of their list and never moved or removed.
  struct Share {
    std::atomic<Cell*> by_code[kCodes] = {};
    std::atomic<TlsCell*> tls{nullptr};
    Counter retries{0};
    ~Share();
  };

  Share& share(unsigned worker) const;
  Cell& cell(Share& share, const Sample& sample) const;
  static void count_tls(Share& share, const Sample& sample);
  void add(std::vector<Total>& totals, uint8_t code, const Cell& cell) const;

  const Kind kind_;
  const std::string name_, service_;
  const std::span<const std::chrono::nanoseconds> bounds_;
  const unsigned workers_;
  const std::unique_ptr<std::atomic<Share*>[]> shares_;
};

// A counter with one writer: a plain add, no locked instruction.
inline void bump(std::atomic<uint64_t>& counter, uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace fairlead::observe
