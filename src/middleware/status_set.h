// Sets of status codes written as codes and ranges: "404", "500-599". Values.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "config/reader.h"

namespace fairlead::middleware {

struct StatusRange {
  unsigned first = 0;
  unsigned last = 0;
  // "404" or "500-599", from 100 to 599; nothing when malformed.
  static std::optional<StatusRange> parse(std::string_view text);
  bool contains(unsigned status) const { return status >= first && status <= last; }
};

class StatusSet {
 public:
  // Reads a list of codes and ranges; malformed ones are reported.
  void read(config::Reader& options, std::string_view key);
  bool contains(unsigned status) const { return status < statuses_.size() && statuses_[status]; }
  bool empty() const { return statuses_.none(); }

 private:
  std::bitset<600> statuses_;
};

}  // namespace fairlead::middleware
