// Labels that were read before: a container's labels hardly ever change, and reading them is most
// of the work of a translation. Owned by the Translator; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "providers/docker/container.h"
#include "providers/docker/labels.h"

namespace fairlead::providers::docker {

class LabelCache {
 public:
  // Valid until the container's labels or name change, or sweep() finds it unused.
  const ContainerLabels& read(const Container& container);
  // Forgets what was not read since the last sweep.
  void sweep();

 private:
  struct Entry {
    std::map<std::string, std::string> source;
    std::string title;
    ContainerLabels labels;
    uint64_t round = 0;
  };
  std::map<std::string, Entry> entries_;  // by container id
  uint64_t round_ = 1;
};

}  // namespace fairlead::providers::docker
