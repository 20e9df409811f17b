// Puts the contributions of all containers together: equal definitions of one name join (and their
// servers add up), different ones cost exactly that object and are reported with the containers
// that disagree. Pure; used by translate.cc.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "providers/docker/container_config.h"

namespace fairlead::providers::docker {

class Combiner {
 public:
  // Containers that are being stopped come last (`yields`): they never cause a conflict.
  enum class Standing : uint8_t { counts, yields };

  void add(ContainerConfig config, const std::string& title, Standing standing);
  // Hands out the result; the conflicts go to `diagnostics`.
  config::Objects finish(config::Diagnostics& diagnostics);

 private:
  struct Claim {
    std::set<std::string> titles;
    std::string difference;  // "" while they agree
    bool is_disputed = false;
  };
  using Claims = std::map<std::string, Claim>;

  template <class Spec>
  void merge(const char* section, std::map<std::string, Spec>& into,
             std::map<std::string, Spec>& from, const std::string& title, Standing standing);
  template <class Spec>
  void drop_disputed(const char* section, std::map<std::string, Spec>& objects,
                     config::Diagnostics& diagnostics);

  config::Objects objects_;
  std::map<std::string, std::vector<config::ServerSpec>> http_servers_;
  std::map<std::string, std::vector<StreamServer>> tcp_servers_, udp_servers_;
  std::map<std::string, Claims> claims_;  // by section
};

}  // namespace fairlead::providers::docker
