#include "observe/tail.h"

#include <algorithm>
#include <chrono>

#include "base/result.h"
#include "observe/line.h"

namespace fairlead::observe {
namespace {

class Object {
 public:
  void text(std::string_view name, std::string_view value) {
    key(name);
    line_.put('"');
    line_.put_json(value.substr(0, kMostText));
    line_.put('"');
  }
  template <class Number>
  void number(std::string_view name, Number value) {
    key(name);
    line_.put_number(value);
  }
  std::string close() {
    line_.put('}');
    return std::string(line_.text());
  }

 private:
  // Escaping may make six bytes of one: every field fits.
  static constexpr size_t kMostText = 512;
  void key(std::string_view name) {
    line_.put(is_first_ ? "{\"" : ",\"");
    is_first_ = false;
    line_.put(name);
    line_.put("\":");
  }
  char bytes_[48 * 1024];
  Line line_{bytes_, sizeof bytes_};
  bool is_first_ = true;
};

std::string format(const LogEntry& entry) {
  const Record& record = entry.record;
  auto began =
      std::chrono::duration_cast<std::chrono::milliseconds>(record.started_at.time_since_epoch());
  auto ms = [](Clock::duration time) {
    return static_cast<double>(time.count() / 1000) / 1000;  // to the microsecond
  };
  Object out;
  out.number("time", began.count());
  out.text("client", entry.client_host);
  out.text("method", entry.method);
  out.text("scheme", entry.scheme);
  out.text("host", entry.authority);
  out.text("path", request_path(entry.target, Query::keep));
  out.text("protocol", entry.protocol);
  out.number("status", record.status);
  out.number("durationMs", ms(record.total));
  out.number("upstreamMs", ms(record.upstream_head));
  out.number("bytes", record.response_body_bytes);
  out.number("attempts", record.attempts);
  out.text("entryPoint", record.entry_point);
  out.text("router", record.router);
  out.text("service", record.service);
  out.text("server", record.service_url);
  out.text("reason", record.error.code == Code::ok ? "" : words(record.error.code));
  return out.close();
}

}  // namespace

bool TailFilter::admits(const LogEntry& entry) const {
  const Record& record = entry.record;
  if (!router.empty() && record.router != router) return false;
  if (!service.empty() && record.service != service) return false;
  if (!method.empty() && entry.method != method) return false;
  if (status != 0 && record.status != status) return false;
  if (status_class != 0 && record.status / 100 != status_class) return false;
  if (!host.empty() && !equal_without_case(split_host_port(entry.authority).host, host))
    return false;
  return path.empty() || request_path(entry.target, Query::keep).starts_with(path);
}

Tail::Subscription::~Subscription() {
  std::lock_guard lock(tail_.mutex_);
  std::erase(tail_.subscribers_, this);
  tail_.count_.store(tail_.subscribers_.size(), std::memory_order_relaxed);
}

std::vector<std::string> Tail::Subscription::take(uint64_t& lost) {
  std::lock_guard lock(tail_.mutex_);
  std::vector<std::string> out(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  lost = lost_;
  return out;
}

std::unique_ptr<Tail::Subscription> Tail::subscribe(TailFilter filter) {
  auto made = std::make_unique<Subscription>(*this, std::move(filter));
  std::unique_lock lock(mutex_);
  if (subscribers_.size() >= kMostSubscribers) {
    lock.unlock();  // its destructor takes the lock
    return nullptr;
  }
  subscribers_.push_back(made.get());
  count_.store(subscribers_.size(), std::memory_order_relaxed);
  return made;
}

void Tail::add(const LogEntry& entry) {
  std::string line;
  std::lock_guard lock(mutex_);
  for (Subscription* subscriber : subscribers_) {
    if (!subscriber->filter_.admits(entry)) continue;
    if (subscriber->waiting_.size() >= kMostWaiting) {
      ++subscriber->lost_;
      continue;
    }
    if (line.empty()) line = format(entry);
    subscriber->waiting_.push_back(line);
  }
}

}  // namespace fairlead::observe
