// The options of services made of other services, read out of the tree they are kept in. Used to
// judge them when they are decoded and to serve them when they are compiled. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/reader.h"

namespace fairlead::config {

struct MirroringOptions {
  struct Mirror {
    std::string name;
    int64_t percent = 0;
  };
  std::string service;
  bool mirrors_body = true;
  int64_t max_body_size = -1;  // bytes; -1: no limit of the user's
  std::vector<Mirror> mirrors;
};

struct FailoverOptions {
  std::string service, fallback;
  // errors.status as ranges, both ends included; empty: only a service that is down is left.
  std::vector<std::pair<unsigned, unsigned>> statuses;
  int64_t max_request_body_bytes = -1;  // -1: no limit of the user's
};

MirroringOptions read_mirroring(Reader& reader);
FailoverOptions read_failover(Reader& reader);

}  // namespace fairlead::config
