#include "upstream/hashing.h"

#include <chrono>
#include <functional>
#include <thread>

namespace fairlead::upstream {

uint64_t dice() {
  thread_local uint64_t state =
      mixed(std::hash<std::thread::id>{}(std::this_thread::get_id()) +
            static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  state += 0x9e3779b97f4a7c15;
  return mixed(state);
}

}  // namespace fairlead::upstream
