// The Engine's JSON as values: the container list, one inspected container, one line of the event
// stream. Pure; bad input gives nullopt with a reason, never an exception.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/docker/container.h"

namespace fairlead::providers::docker {

// What happened to a container. Network events name the container that was attached or detached.
struct Event {
  enum class Kind : uint8_t {
    ignored,
    appeared,  // started, unpaused, created, renamed, updated, attached, detached: look at it again
    died,
    destroyed,
    paused,
    signalled,
    health_changed,
  };
  Kind kind = Kind::ignored;
  std::string container_id;
  int signal = 0;                // signalled
  Health health = Health::none;  // health_changed
};

// The answer of GET /containers/json. `why` says what is wrong when there is no value.
std::optional<std::vector<Container>> parse_container_list(std::string_view json, std::string& why);
// The answer of GET /containers/<id>/json.
std::optional<Container> parse_inspected(std::string_view json, std::string& why);
// One line of GET /events. An event of no interest is Kind::ignored.
std::optional<Event> parse_event(std::string_view line, std::string& why);
// The "message" of an Engine error body, or the start of the body itself.
std::string parse_error_message(std::string_view body);

// "15", "TERM", "SIGTERM", "SIGRTMIN+3" → number; 0 when it is none of these.
int signal_number(std::string_view text);

}  // namespace fairlead::providers::docker
