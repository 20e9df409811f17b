#include "providers/docker/inventory.h"

#include <csignal>
#include <utility>

namespace fairlead::providers::docker {

namespace {

bool is_alive(const Container& container) {
  return container.state == State::running || container.state == State::paused;
}

}  // namespace

Inventory::Effect Inventory::apply(const Event& event, io::TimePoint now) {
  if (event.kind == Event::Kind::ignored) return Effect::none;
  generations_[event.container_id] = ++events_;
  if (event.kind == Event::Kind::destroyed) {
    return remove(event.container_id) ? Effect::changed : Effect::none;
  }
  auto found = containers_.find(event.container_id);
  if (found == containers_.end()) {
    bool is_gone = event.kind == Event::Kind::died || event.kind == Event::Kind::signalled;
    return is_gone ? Effect::none : Effect::inspect;
  }
  Container& container = found->second;
  const Container before = container;
  switch (event.kind) {
    case Event::Kind::appeared:
      return Effect::inspect;
    case Event::Kind::died:
      container.state = State::exited;
      container.is_stopping = false;
      stopping_since_.erase(container.id);
      awaited_signals_.erase(container.id);
      break;
    case Event::Kind::paused:
      container.state = State::paused;
      break;
    case Event::Kind::health_changed:
      container.health = event.health;
      break;
    case Event::Kind::signalled:
      return signalled(container, event.signal, now);
    case Event::Kind::destroyed:
    case Event::Kind::ignored:
      break;
  }
  return container == before ? Effect::none : Effect::changed;
}

// TERM and KILL end nearly everything. Any other signal may be the image's stop signal (QUIT for
// nginx, WINCH for httpd) or an errand such as "reload": only its settings tell, and the list does
// not carry them.
Inventory::Effect Inventory::signalled(Container& container, int signal, io::TimePoint now) {
  int stop = signal_number(container.stop_signal);
  if (signal == SIGKILL || signal == SIGTERM || (stop != 0 && signal == stop)) {
    return mark_stopping(container, now) ? Effect::changed : Effect::none;
  }
  if (stop != 0 || signal == 0) return Effect::none;
  awaited_signals_[container.id] = signal;
  return Effect::inspect;
}

bool Inventory::mark_stopping(Container& container, io::TimePoint now) {
  if (container.is_stopping || !is_alive(container)) return false;
  container.is_stopping = true;
  stopping_since_[container.id] = now;
  return true;
}

bool Inventory::replace(std::vector<Container> containers) {
  std::map<std::string, Container> next;
  for (Container& container : containers) {
    auto known = containers_.find(container.id);
    if (known != containers_.end()) {
      if (container.stop_signal.empty()) container.stop_signal = known->second.stop_signal;
      container.is_stopping = known->second.is_stopping && is_alive(container);
    }
    std::string id = container.id;
    next[id] = std::move(container);
  }
  auto is_forgotten = [&](const auto& entry) { return !next.contains(entry.first); };
  std::erase_if(generations_, is_forgotten);
  std::erase_if(awaited_signals_, is_forgotten);
  std::erase_if(stopping_since_, [&](const auto& entry) {
    auto found = next.find(entry.first);
    return found == next.end() || !found->second.is_stopping;
  });
  bool has_changed = next != containers_;
  containers_ = std::move(next);
  return has_changed;
}

bool Inventory::put(Container container, io::TimePoint now) {
  Container& slot = containers_[container.id];
  const Container before = slot;
  container.is_stopping = before.is_stopping && is_alive(container);
  slot = std::move(container);
  if (!slot.is_stopping) stopping_since_.erase(slot.id);
  auto awaited = awaited_signals_.find(slot.id);
  if (awaited != awaited_signals_.end()) {
    if (awaited->second == signal_number(slot.stop_signal)) mark_stopping(slot, now);
    awaited_signals_.erase(awaited);
  }
  return slot != before;
}

bool Inventory::remove(const std::string& id) {
  stopping_since_.erase(id);
  awaited_signals_.erase(id);
  return containers_.erase(id) != 0;
}

bool Inventory::expire(io::TimePoint now) {
  bool has_changed = false;
  std::erase_if(stopping_since_, [&](const auto& entry) {
    if (now - entry.second < kStopGrace) return false;
    containers_[entry.first].is_stopping = false;
    return has_changed = true;
  });
  return has_changed;
}

uint64_t Inventory::generation(const std::string& id) const {
  auto found = generations_.find(id);
  return found == generations_.end() ? 0 : found->second;
}

bool Inventory::needs_inspection(const Container& container) {
  return container.state == State::running && container.tcp_ports.empty() &&
         container.udp_ports.empty();
}

const Container* Inventory::find(const std::string& id_or_name) const {
  auto exact = containers_.find(id_or_name);
  if (exact != containers_.end()) return &exact->second;
  for (const auto& [id, container] : containers_) {
    if (container.name == id_or_name) return &container;
    if (id_or_name.size() >= 12 && id.starts_with(id_or_name)) return &container;
  }
  return nullptr;
}

}  // namespace fairlead::providers::docker
