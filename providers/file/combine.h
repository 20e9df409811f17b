// Several files as one fragment: every name once, the first file that defines it wins, the others
// are told. Pure.
#pragma once

#include <map>
#include <string>

#include "config/dynamic.h"

namespace fairlead::providers::file {

class Combination {
 public:
  explicit Combination(config::Diagnostics diagnostics) {
    fragment_.provider = "file";
    fragment_.diagnostics = std::move(diagnostics);
  }

  void add(const std::string& path, const config::Objects& objects,
           const config::Diagnostics& diagnostics);
  config::Fragment take() { return std::move(fragment_); }

 private:
  config::Fragment fragment_;
  std::map<std::string, std::string> owners_;  // "router web" → path
};

}  // namespace fairlead::providers::file
