#include "observe/series.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace fairlead::observe {

Sample sample_of(const Record& record, std::string_view method, Protocol protocol) {
  return {.status = record.status,
          .method = method_number(method),
          .protocol = protocol,
          .retries = record.attempts > 1 ? record.attempts - 1 : 0,
          .duration = record.total,
          .request_bytes = record.request_body_bytes,
          .response_bytes = record.response_body_bytes,
          .tls_version = record.tls_version,
          .tls_cipher = record.tls_cipher};
}

Series::Series(Kind kind, std::string name, std::string service,
               std::span<const std::chrono::nanoseconds> bounds, unsigned workers)
    : kind_(kind),
      name_(std::move(name)),
      service_(std::move(service)),
      bounds_(bounds),
      workers_(workers),
      shares_(std::make_unique<std::atomic<Share*>[]>(workers)) {}

Series::~Series() {
  for (unsigned i = 0; i < workers_; ++i) delete shares_[i].load(std::memory_order_acquire);
}

Series::Share::~Share() {
  for (auto& list : by_code) {
    Cell* cell = list.load(std::memory_order_acquire);
    while (cell != nullptr) delete std::exchange(cell, cell->next);
  }
  TlsCell* cell = tls.load(std::memory_order_acquire);
  while (cell != nullptr) delete std::exchange(cell, cell->next);
}

Series::Share& Series::share(unsigned worker) const {
  Share* share = shares_[worker].load(std::memory_order_relaxed);
  if (share == nullptr) [[unlikely]] {
    share = new Share;
    shares_[worker].store(share, std::memory_order_release);
  }
  return *share;
}

Series::Cell& Series::cell(Share& share, const Sample& sample) const {
  auto& list = share.by_code[code_number(sample.status)];
  Cell* first = list.load(std::memory_order_relaxed);
  for (Cell* cell = first; cell != nullptr; cell = cell->next) {
    if (cell->method == sample.method && cell->protocol == sample.protocol) return *cell;
  }
  auto* made = new Cell(sample, first);
  made->buckets = std::make_unique<Counter[]>(bounds_.size());
  list.store(made, std::memory_order_release);
  return *made;
}

void Series::count(unsigned worker, const Sample& sample) const {
  Share& mine = share(worker);
  Cell& counted = cell(mine, sample);
  bump(counted.requests, 1);
  bump(counted.request_bytes, sample.request_bytes);
  bump(counted.response_bytes, sample.response_bytes);
  bump(counted.duration, static_cast<uint64_t>(sample.duration.count()));
  for (size_t i = 0; i < bounds_.size(); ++i) {
    if (sample.duration > bounds_[i]) continue;
    bump(counted.buckets[i], 1);
    break;
  }
  if (!sample.tls_version.empty()) count_tls(mine, sample);
  if (sample.retries > 0) [[unlikely]]
    bump(mine.retries, sample.retries);
}

// The few combinations a server offers, so a list will do.
void Series::count_tls(Share& share, const Sample& sample) {
  TlsCell* first = share.tls.load(std::memory_order_relaxed);
  TlsCell* cell = first;
  while (cell != nullptr &&
         (cell->cipher != sample.tls_cipher || cell->version != sample.tls_version)) {
    cell = cell->next;
  }
  if (cell == nullptr) {
    cell = new TlsCell(sample, first);
    share.tls.store(cell, std::memory_order_release);
  }
  bump(cell->requests, 1);
}

void Series::add(std::vector<Total>& totals, uint8_t code, const Cell& cell) const {
  auto is_same = [&](const Total& total) {
    return total.code == code && total.method == cell.method && total.protocol == cell.protocol;
  };
  auto total = std::ranges::find_if(totals, is_same);
  if (total == totals.end()) {
    total = totals.emplace(totals.end());
    total->code = code;
    total->method = cell.method;
    total->protocol = cell.protocol;
    total->buckets.resize(bounds_.size());
  }
  constexpr auto relaxed = std::memory_order_relaxed;
  // The buckets before their sum: a scrape in between must not show more in buckets than in all.
  for (size_t i = 0; i < bounds_.size(); ++i) total->buckets[i] += cell.buckets[i].load(relaxed);
  total->requests += cell.requests.load(relaxed);
  total->request_bytes += cell.request_bytes.load(relaxed);
  total->response_bytes += cell.response_bytes.load(relaxed);
  total->duration += std::chrono::nanoseconds(cell.duration.load(relaxed));
}

std::vector<Series::Total> Series::totals() const {
  std::vector<Total> totals;
  for (unsigned i = 0; i < workers_; ++i) {
    Share* share = shares_[i].load(std::memory_order_acquire);
    if (share == nullptr) continue;
    for (uint8_t code = 0; code < kCodes; ++code) {
      Cell* cell = share->by_code[code].load(std::memory_order_acquire);
      for (; cell != nullptr; cell = cell->next) add(totals, code, *cell);
    }
  }
  std::ranges::sort(totals, {}, [](const Total& total) {
    return std::tuple(total.code, total.method, total.protocol);
  });
  return totals;
}

std::vector<Series::TlsTotal> Series::tls_totals() const {
  std::map<std::pair<std::string, std::string>, uint64_t> sums;
  for (unsigned i = 0; i < workers_; ++i) {
    Share* share = shares_[i].load(std::memory_order_acquire);
    TlsCell* cell = share != nullptr ? share->tls.load(std::memory_order_acquire) : nullptr;
    for (; cell != nullptr; cell = cell->next) {
      sums[{cell->version, cell->cipher}] += cell->requests.load(std::memory_order_relaxed);
    }
  }
  std::vector<TlsTotal> totals;
  for (const auto& [key, requests] : sums) totals.push_back({key.first, key.second, requests});
  return totals;
}

uint64_t Series::retries() const {
  uint64_t sum = 0;
  for (unsigned i = 0; i < workers_; ++i) {
    Share* share = shares_[i].load(std::memory_order_acquire);
    if (share != nullptr) sum += share->retries.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace fairlead::observe
