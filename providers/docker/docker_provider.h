// Watches one Docker Engine: subscribes to its events, then lists, then keeps the inventory up to
// date with one inspection an event, and publishes what it means. While the Engine is away the last
// fragment stays published. Owned by whoever wires the control plane; control thread; `fetch`
// outlives it.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "fetch/client.h"
#include "providers/docker/docker_client.h"
#include "providers/docker/inventory.h"
#include "providers/docker/own_container.h"
#include "providers/docker/translate.h"
#include "providers/provider.h"

namespace fairlead::config {
struct DockerProviderConfig;
}

namespace fairlead::providers::docker {

struct DockerOptions {
  ClientOptions client;
  TranslateOptions translate;
  std::string network;
  bool uses_bind_port_ip = false;
  bool watch = true;
  io::Duration first_retry{100}, last_retry{5'000};
  // An inventory that nothing told to change is compared with the Engine's this often.
  io::Duration resync{300'000};
};

DockerOptions docker_options(const config::DockerProviderConfig& config);

class DockerProvider final : public Provider {
 public:
  DockerProvider(DockerOptions options, fetch::Client& fetch,
                 OwnContainer own = find_own_container());

  std::string_view name() const override { return "docker"; }
  io::Task<void> run(io::Scope& scope, FragmentSink& sink) override;

  // What the last publication was made from; for the API and tests.
  const Inventory& inventory() const { return inventory_; }

 private:
  struct Session;
  using Ending = fetch::Outcome<void>;  // never a value while watching

  io::Task<Ending> connect_and_follow(io::Scope& scope, FragmentSink& sink);
  io::Task<Ending> follow(Session& session);
  io::Task<Ending> refresh(Session& session);
  io::Task<void> inspect_queued(Session& session);
  io::Task<Ending> inspect_one(Session& session, std::string id);
  io::Task<void> publish_changes(Session& session);
  void ask_for(Session& session, const std::string& id);
  Ending take_event(Session& session, const std::string& line);
  Surroundings surroundings() const;
  io::Duration next_delay();

  DockerOptions options_;
  DockerClient client_;
  OwnContainer own_;
  Translator translator_;
  Inventory inventory_;
  std::minstd_rand random_;
  io::Duration delay_{0};
  std::string host_name_;  // by which a container may call its host
};

// Where Fairlead stands, seen from the inventory. `engine_host` is "" for a Unix socket,
// `host_name` what find_host_name() found. Pure.
Surroundings surroundings_of(const OwnContainer& own, const Inventory& inventory,
                             const std::string& engine_host, const std::string& host_name);

}  // namespace fairlead::providers::docker
