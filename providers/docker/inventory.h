// What containers there are, kept up to date by lists, inspections and events. Pure: it is told
// what happened and answers whether anything changed and which containers have to be looked at
// again. Owned by the provider's loop; control thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io/timer_wheel.h"
#include "providers/docker/container.h"
#include "providers/docker/engine_json.h"

namespace fairlead::providers::docker {

class Inventory {
 public:
  // A container that was sent its stop signal and still runs after this long is taken for one that
  // handles the signal some other way, and gets requests again.
  static constexpr io::Duration kStopGrace{300'000};

  enum class Effect : uint8_t {
    none,
    changed,  // and nothing more to ask
    inspect,  // the event does not tell enough: look at the container
  };

  Effect apply(const Event& event, io::TimePoint now);
  // The whole truth. Stop marks of containers that still run are kept. Returns whether anything
  // changed.
  bool replace(std::vector<Container> containers);
  // The answer of an inspection. Returns whether anything changed.
  bool put(Container container, io::TimePoint now);
  bool remove(const std::string& id);
  // Ends stop marks older than kStopGrace.
  bool expire(io::TimePoint now);

  // A number that grows with every event about the container: an inspection that was asked for
  // under an older one is stale and must not be put.
  uint64_t generation(const std::string& id) const;
  // The list does not tell the exposed ports of containers without an address of their own (host
  // mode and the like).
  static bool needs_inspection(const Container& container);

  const std::map<std::string, Container>& containers() const { return containers_; }
  // By full id, an id's beginning (12 digits or more) or name.
  const Container* find(const std::string& id_or_name) const;

 private:
  Effect signalled(Container& container, int signal, io::TimePoint now);
  bool mark_stopping(Container& container, io::TimePoint now);

  std::map<std::string, Container> containers_;  // by id
  std::map<std::string, io::TimePoint> stopping_since_;
  std::map<std::string, int> awaited_signals_;  // sent while the stop signal was not known
  std::map<std::string, uint64_t> generations_;
  uint64_t events_ = 0;
};

}  // namespace fairlead::providers::docker
