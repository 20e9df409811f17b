// Labels as a configuration document: picks ours out of a container's labels, checks each against
// the catalogue and lays the good ones into a tree. Pure; used by labels.cc.
#pragma once

#include <map>
#include <string>

#include "config/node.h"
#include "providers/docker/label_path.h"

namespace fairlead::providers::docker {

struct LabelTree {
  config::Node document = config::Node::map();  // "enable", "docker", "http", "tcp", "udp", "tls"
  // Path in lower case → the label as written, for diagnostics that know only the path.
  std::map<std::string, std::string> label_of_path;
  config::Diagnostics diagnostics;
  // A router was taken out again: it would have run without its middlewares or TLS options.
  bool has_left_out_routers = false;
};

LabelTree plant_labels(const std::map<std::string, std::string>& labels, const std::string& title);

}  // namespace fairlead::providers::docker
