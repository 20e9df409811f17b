// Names to addresses, for upstreams given by name. One per loop, with a small cache: an answer
// serves for `kFresh`, and an old answer goes on serving while the name service does not answer.
// One thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "io/address.h"
#include "io/scope.h"
#include "io/task.h"

namespace fairlead::io {

// Blocks until the name service has answered: for start-up code only. Empty when there is none.
std::vector<Address> resolve_now(const std::string& host, uint16_t port);

class Resolver {
 public:
  static constexpr Duration kFresh{5000};
  static constexpr size_t kMaxNames = 4096;

  // Numbers are answered at once. Addresses have the given port.
  Task<Result<std::vector<Address>>> resolve(std::string host, uint16_t port, Scope* scope);

 private:
  struct Entry {
    std::vector<Address> addresses;
    TimePoint fresh_until{};
  };
  std::unordered_map<std::string, Entry> names_;
};

}  // namespace fairlead::io
