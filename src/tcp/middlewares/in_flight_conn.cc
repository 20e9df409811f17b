// inFlightConn: at most so many connections at once from one address, exact over all workers. The
// counts survive reloads, also those that change the amount.
#include <array>
#include <mutex>
#include <string>
#include <unordered_map>

#include "tcp/middleware.h"

namespace fairlead::tcp::types {
namespace {

// Counts by address. In shards, so that workers seldom meet at one lock; held for a hash lookup.
class Counts final : public MiddlewareState {
 public:
  bool enter(const std::string& address, int64_t most) {
    Shard& shard = shard_of(address);
    std::lock_guard lock(shard.mutex);
    int64_t& count = shard.counts[address];
    if (count >= most) {
      if (count == 0) shard.counts.erase(address);
      return false;
    }
    ++count;
    return true;
  }
  void leave(const std::string& address) {
    Shard& shard = shard_of(address);
    std::lock_guard lock(shard.mutex);
    auto at = shard.counts.find(address);
    if (at != shard.counts.end() && --at->second <= 0) shard.counts.erase(at);
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, int64_t> counts;
  };
  Shard& shard_of(const std::string& address) {
    return shards_[std::hash<std::string>{}(address) % shards_.size()];
  }
  std::array<Shard, 16> shards_;
};

struct Permit {
  Permit(std::shared_ptr<Counts> counts, std::string address)
      : counts(std::move(counts)), address(std::move(address)) {}
  ~Permit() { counts->leave(address); }
  std::shared_ptr<Counts> counts;
  std::string address;
};

class InFlightConn final : public Middleware {
 public:
  InFlightConn(int64_t amount, std::shared_ptr<Counts> counts)
      : amount_(amount), counts_(std::move(counts)) {}

  Result<void> admit(Connection& connection) const override {
    std::string address(connection.peer.ip_bytes());
    if (!counts_->enter(address, amount_))
      return fail(Code::limit_reached, Side::client, Stage::accept);
    connection.held.push_back(std::make_shared<Permit>(counts_, std::move(address)));
    return {};
  }

 private:
  int64_t amount_;
  std::shared_ptr<Counts> counts_;
};

std::unique_ptr<const Middleware> make(config::Reader& options,
                                       std::shared_ptr<MiddlewareState>& state) {
  int64_t amount = 0;
  options.read("amount", amount);
  if (options.has_errors()) return nullptr;
  if (amount <= 0) {
    options.error("amount", "must be at least 1: the most connections from one address at once");
    return nullptr;
  }
  auto counts = std::dynamic_pointer_cast<Counts>(state);
  if (counts == nullptr) counts = std::make_shared<Counts>();
  state = counts;
  return std::make_unique<InFlightConn>(amount, std::move(counts));
}

}  // namespace

extern const MiddlewareType in_flight_conn;
const MiddlewareType in_flight_conn{"inFlightConn", make};

}  // namespace fairlead::tcp::types
