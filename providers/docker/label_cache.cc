#include "providers/docker/label_cache.h"

#include <utility>

namespace fairlead::providers::docker {

const ContainerLabels& LabelCache::read(const Container& container) {
  Entry& entry = entries_[container.id];
  std::string title = container.title();
  bool is_known = entry.round != 0 && entry.title == title && entry.source == container.labels;
  entry.round = round_;
  if (!is_known) {
    entry.labels = read_labels(container.labels, title);
    entry.source = container.labels;
    entry.title = std::move(title);
  }
  return entry.labels;
}

void LabelCache::sweep() {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.round != round_; });
  ++round_;
}

}  // namespace fairlead::providers::docker
