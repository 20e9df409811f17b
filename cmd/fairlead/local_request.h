// One question to a Fairlead on this machine, with nothing but a socket: for the subcommands.
#pragma once

#include <string>

#include "config/entry_point.h"

namespace fairlead::command {

struct LocalAnswer {
  int status = 0;   // 0: none
  std::string why;  // no answer
  std::string body;
};

// `method` HEAD reads the head alone. `fields` are further lines of the head, each with its CRLF.
// Waits for 5 seconds at most (Traefik's for its health check).
LocalAnswer ask_local(const config::ListenAddress& listen, const std::string& method,
                      const std::string& target, const std::string& fields = "");

}  // namespace fairlead::command
