// A running Fairlead: the control thread's loop with providers, hub and compiler, the data plane's
// workers, and what people look at. Made, run and destroyed by the run command on the main thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "admin/services.h"
#include "admin/state.h"
#include "config/static_config.h"
#include "control/config_hub.h"
#include "control/configuration.h"
#include "fetch/client.h"
#include "health/checker.h"
#include "io/mailbox.h"
#include "io/signals.h"
#include "observe/access_log.h"
#include "observe/metrics.h"
#include "observe/tail.h"
#include "providers/provider.h"
#include "server/server.h"
#include "server/service_manager.h"
#include "server/successor.h"
#include "stapling/stapler.h"
#include "tcp/health.h"

namespace fairlead {

class Application {
 public:
  explicit Application(const config::StaticConfig& config);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Until SIGTERM or SIGINT, or until a new binary took over (SIGUSR2), and the drain; the exit
  // code.
  int run();

 private:
  bool open();
  void apply(const std::vector<const config::Fragment*>& fragments);
  void publish_view(control::Outcome& outcome);
  void fill_from_hub(admin::View& view) const;
  std::vector<admin::ProviderState> provider_states() const;
  io::Task<void> refresh_view();
  io::Task<void> watch_certificates();
  void show_certificates();
  void watch_over_servers();
  io::Task<void> start_when_ready();
  io::Task<void> shut_down();
  io::Task<void> drain_for(io::Duration grace);
  io::Task<void> leave();
  void begin_hand_over();
  io::Task<void> hand_over();
  void reopen_logs();
  control::ConfigHub::Settings hub_settings() const;

  const config::StaticConfig& config_;
  server::Program program_ = server::Program::own();
  server::ServiceManager service_manager_ = server::ServiceManager::from_environment();
  server::InheritedSockets inherited_;
  io::UvLoop loop_;
  io::Mailbox mailbox_{loop_};
  upstream::HealthTable health_;
  admin::PublishedState state_{[this](const std::string& service, const std::string& url) {
    std::optional<bool> is_up = health_.is_up(service, url);
    return is_up ? is_up : tcp_health_.is_up(service, url);
  }};
  observe::Metrics metrics_;
  observe::Tail tail_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::unique_ptr<control::Configuration> configuration_;
  std::unique_ptr<fetch::Client> fetch_;
  std::unique_ptr<stapling::Stapler> stapler_;
  std::unique_ptr<health::Checker> checker_;
  std::vector<std::unique_ptr<providers::Provider>> providers_;
  std::vector<std::function<void()>> reloads_;  // SIGHUP
  std::unique_ptr<control::ConfigHub> hub_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<server::Successor> successor_;
  io::Scope providing_;   // providers and hub
  io::Scope life_;        // start-up, refreshing the view
  io::Scope ending_;      // the shut-down
  io::Scope succession_;  // the wait for a new binary
  io::Resolver resolver_;
  tcp::HealthProber tcp_health_{resolver_, life_};
  bool is_shutting_down_ = false;
  bool is_started_ = false;
  // Written by the control thread, read by whoever scrapes.
  std::atomic<std::shared_ptr<const std::vector<tls::CertificatePtr>>> served_certificates_;
};

}  // namespace fairlead
