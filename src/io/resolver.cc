#include "io/resolver.h"

#include <netdb.h>

#include "io/loop.h"
#include "io/work.h"

namespace fairlead::io {
namespace {

struct LookUp final : PoolJob {
  explicit LookUp(std::string name) : host(std::move(name)) {}
  std::string host;
  std::vector<Address> addresses;
  void run() override {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return;
    for (addrinfo* at = found; at != nullptr; at = at->ai_next) {
      addresses.push_back(Address::from(at->ai_addr, at->ai_addrlen));
    }
    ::freeaddrinfo(found);
  }
};

std::vector<Address> with_port(std::vector<Address> addresses, uint16_t port) {
  for (Address& address : addresses) address.set_port(port);
  return addresses;
}

}  // namespace

std::vector<Address> resolve_now(const std::string& host, uint16_t port) {
  LookUp look_up(host);
  look_up.run();
  return with_port(std::move(look_up.addresses), port);
}

Task<Result<std::vector<Address>>> Resolver::resolve(std::string host, uint16_t port,
                                                     Scope* scope) {
  if (Result<Address> number = Address::parse(host, port)) co_return std::vector<Address>{*number};
  TimePoint now = Loop::current()->now();
  if (auto known = names_.find(host); known != names_.end() && now < known->second.fresh_until) {
    co_return with_port(known->second.addresses, port);
  }
  auto look_up = std::make_shared<LookUp>(host);
  Result<void> done = co_await run_shared_on_pool(look_up, scope);
  if (!done) co_return fail(done.error());
  // Looked up again: another request may have changed the table while this one waited.
  if (names_.size() >= kMaxNames) names_.clear();
  Entry& entry = names_[host];
  if (!look_up->addresses.empty()) entry.addresses = std::move(look_up->addresses);
  entry.fresh_until = Loop::current()->now() + kFresh;
  if (entry.addresses.empty()) {
    names_.erase(host);
    co_return fail(Code::resolve, Side::upstream, Stage::connect, Retry::always);
  }
  co_return with_port(entry.addresses, port);
}

}  // namespace fairlead::io
