#include "cmd/fairlead/application.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <unordered_set>

#include <sys/stat.h>

#include "admin/observe_settings.h"
#include "base/log.h"
#include "cmd/fairlead/internal_services.h"
#include "cmd/fairlead/server_options.h"
#include "cmd/fairlead/settings.h"
#include "cmd/fairlead/wiring.h"
#include "control/internal_fragment.h"
#include "io/work.h"

namespace fairlead {
namespace {

// A start waits this long for the providers before it serves what it has; the sockets are open, so
// clients wait too.
constexpr io::Duration kPatience{3000};
constexpr io::Duration kCertificateInterval{2000};
constexpr io::Duration kFirstVerdicts{1000};

config::ValidateSettings validate_settings(const config::StaticConfig& config,
                                           const InternalServices& services) {
  config::ValidateSettings settings = command::validate_settings(config);
  // Only those that this configuration turns on.
  settings.internal_services.clear();
  for (const auto& [name, service] : services) settings.internal_services.insert(name);
  // Why not checked: the compiler serves a strategy it does not know with wrr and warns, which does
  // less harm to running traffic than taking the service out.
  settings.check_strategy = nullptr;
  return settings;
}

log::Level level_of(const std::string& word) {
  if (word == "TRACE") return log::Level::trace;
  if (word == "DEBUG") return log::Level::debug;
  if (word == "WARN") return log::Level::warn;
  if (word == "ERROR") return log::Level::error;
  if (word == "FATAL" || word == "PANIC") return log::Level::fatal;
  return log::Level::info;
}

struct DiagnosticHash {
  size_t operator()(const config::Diagnostic* one) const {
    std::hash<std::string> hash;
    return hash(one->object) * 31 + hash(one->message);
  }
};
struct DiagnosticEqual {
  bool operator()(const config::Diagnostic* a, const config::Diagnostic* b) const {
    return *a == *b;
  }
};

// Those that were not there before.
void log_diagnostics(const config::Diagnostics& now, const config::Diagnostics& before) {
  std::unordered_set<const config::Diagnostic*, DiagnosticHash, DiagnosticEqual> known;
  known.reserve(before.size());
  for (const config::Diagnostic& one : before) known.insert(&one);
  for (const config::Diagnostic& one : now) {
    if (known.contains(&one)) continue;
    auto write = one.severity == config::Severity::error ? &log::error : &log::warn;
    write(one.message, {{"source", one.source}, {"object", one.object}, {"field", one.field}});
  }
}

// Traefik's labels.
void emit_expiry(const tls::Certificate& certificate, const observe::Metrics::Emit& emit) {
  std::vector<std::string> names = certificate.names();
  std::ranges::sort(names);
  std::string sans;
  for (const std::string& name : names) sans += (sans.empty() ? "" : ",") + name;
  auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(certificate.not_after().time_since_epoch());
  emit({{"cn", certificate.common_name()}, {"sans", sans}, {"serial", certificate.serial()}},
       static_cast<double>(seconds.count()));
}

}  // namespace

Application::Application(const config::StaticConfig& config)
    : config_(config),
      inherited_(server::InheritedSockets::from_environment()),
      metrics_(admin::metrics_settings(config), server_options(config).workers) {}

Application::~Application() {
  // The workers' last snapshots come back through the mailbox; routes and services go before what
  // they refer to.
  server_.reset();
}

bool Application::open() {
  log::Settings log_settings{level_of(config_.log.level), config_.log.format == "json",
                             config_.log.file_path};
  if (!log::configure(log_settings)) {
    log::error("cannot open the log file", {{"log.filePath", config_.log.file_path}});
    return false;
  }
  server::ServerOptions options = server_options(config_);
  if (config_.access_log) {
    std::string why;
    access_log_ = observe::AccessLog::start(admin::access_log_settings(*config_.access_log),
                                            options.workers, why);
    if (access_log_ == nullptr) {
      log::error("cannot start the access log", {{"error", why}});
      return false;
    }
  }
  control::CompilerSettings compile;
  for (const auto& entry : options.entry_points) compile.entry_points.push_back(entry.name);
  for (const auto& entry : options.udp_entry_points) compile.udp_entry_points.push_back(entry.name);
  compile.precedence = config_.providers.precedence;
  compile.default_rule_syntax = config_.core.default_rule_syntax;
  compile.transports = transport_settings(config_);
  compile.internal_services = internal_services(config_, state_, metrics_, tail_);
  compile.metrics = &metrics_;
  compile.health = &health_;
  metrics_.add_source(observe::Metric::service_server_up,
                      [this](const observe::Metrics::Emit& emit) {
                        health_.for_each([&](const auto& server, bool is_up) {
                          emit({{"service", server.service}, {"url", server.url}}, is_up ? 1 : 0);
                        });
                      });
  metrics_.add_source(observe::Metric::tls_certs_not_after,
                      [this](const observe::Metrics::Emit& emit) {
                        auto served = served_certificates_.load();
                        if (served == nullptr) return;
                        for (const tls::CertificatePtr& certificate : *served)
                          emit_expiry(*certificate, emit);
                      });
  metrics_.add_source(
      observe::Metric::service_server_up, [this](const observe::Metrics::Emit& emit) {
        tcp_health_.each([&](const std::string& service, const std::string& address, bool is_up) {
          emit({{"service", service}, {"url", address}}, is_up ? 1 : 0);
        });
      });
  config::MergeSettings merge = command::merge_settings(config_);
  config::ValidateSettings validate = validate_settings(config_, compile.internal_services);
  configuration_ = std::make_unique<control::Configuration>(std::move(merge), std::move(validate),
                                                            std::move(compile));

  config::Fragment internal = control::internal_fragment(config_);
  control::Outcome first = configuration_->build({&internal});
  auto opened = server::Server::open(std::move(options), first.snapshot,
                                     server::Observers{access_log_.get(), &metrics_, &tail_},
                                     mailbox_, inherited_);
  if (!opened) {
    log::error(opened.error());
    return false;
  }
  inherited_.close_rest();
  server_ = std::move(*opened);
  return true;
}

control::ConfigHub::Settings Application::hub_settings() const {
  control::ConfigHub::Settings settings;
  settings.expected = {"internal"};
  for (const auto& provider : providers_) settings.expected.emplace_back(provider->name());
  settings.state_dir = config::state_dir(config_);
  if (!settings.state_dir.empty()) ::mkdir(settings.state_dir.c_str(), 0700);
  if (config_.providers.throttle_duration)
    settings.quiet = io::Duration(config_.providers.throttle_duration->count());
  settings.longest = std::max(settings.longest, settings.quiet);
  settings.off_loop = &io::run_on_pool;
  return settings;
}

void Application::apply(const std::vector<const config::Fragment*>& fragments) {
  control::Outcome outcome = configuration_->build(fragments);
  uint64_t version = outcome.config.version;
  if (is_started_) {
    server_->publish(outcome.snapshot, [this, version] {
      metrics_.reloaded(version, std::chrono::system_clock::now());
      log::debug("configuration in force", {{"version", std::to_string(version)}});
    });
  } else {
    server_->replace_first(outcome.snapshot);
    metrics_.reloaded(version, std::chrono::system_clock::now());
  }
  show_certificates();
  checker_->reconcile();
  tcp_health_.set_checks(configuration_->compiler().tcp().health_checks());
  log::info("configuration applied",
            {{"version", std::to_string(version)},
             {"routers", std::to_string(outcome.config.objects.routers.size())},
             {"services", std::to_string(outcome.config.objects.services.size())},
             {"cpu_us", std::to_string(outcome.cpu_time.count())}});
  publish_view(outcome);
}

void Application::publish_view(control::Outcome& outcome) {
  admin::View view;
  view.version = outcome.config.version;
  view.published_at = std::chrono::system_clock::now();
  view.objects = std::move(outcome.config.objects);
  view.validation = std::move(outcome.validation);
  view.diagnostics = std::move(outcome.config.diagnostics);
  view.entry_points = config_.entry_points;
  view.features.metrics = config_.metrics.prometheus ? "Prometheus" : "";
  view.features.has_access_log = config_.access_log.has_value();
  log_diagnostics(view.diagnostics, state_.view()->diagnostics);
  fill_from_hub(view);
  state_.publish(std::move(view));
}

void Application::fill_from_hub(admin::View& view) const {
  if (hub_ == nullptr) return;
  view.providers = provider_states();
  view.changes.clear();
  const auto& changes = hub_->changes();
  for (auto at = changes.rbegin(); at != changes.rend(); ++at) {
    view.changes.push_back({at->time, at->provider, at->added, at->removed, at->changed});
  }
}

std::vector<admin::ProviderState> Application::provider_states() const {
  static constexpr std::string_view kWords[] = {"connecting", "connected", "lost"};
  std::vector<admin::ProviderState> states;
  for (const auto& [name, status] : hub_->providers()) {
    states.push_back({name, status.has_spoken,
                      std::string(kWords[static_cast<size_t>(status.connection)]), status.why});
  }
  return states;
}

// Providers come and go without a publication; the view follows within a quarter of a second.
io::Task<void> Application::refresh_view() {
  for (;;) {
    Result<void> slept = co_await io::sleep_for(io::Duration{250}, &life_);
    if (!slept) co_return;
    // Why compared first: a view of 100,000 routers is not copied four times a second for nothing.
    if (provider_states() == state_.view()->providers) continue;
    admin::View fresh = *state_.view();
    fill_from_hub(fresh);
    for (const auto& provider : fresh.providers) {
      metrics_.provider_connected(provider.name, provider.connection != "lost");
    }
    state_.publish(std::move(fresh));
  }
}

// Certificates are renewed in place by tools that do not touch the configuration.
io::Task<void> Application::watch_certificates() {
  for (;;) {
    Result<void> slept = co_await io::sleep_for(kCertificateInterval, &life_);
    if (!slept) co_return;
    if (!configuration_->compiler().has_changed_files()) continue;
    log::info("a certificate file has changed");
    hub_->reapply();
  }
}

void Application::show_certificates() {
  served_certificates_ = std::make_shared<const std::vector<tls::CertificatePtr>>(
      configuration_->compiler().tls().certificates());
  if (stapler_ != nullptr) stapler_->watch(configuration_->compiler().tls().certificates());
}

// Serves as soon as every provider has spoken, or the last good configuration is there, or patience
// is at its end.
io::Task<void> Application::start_when_ready() {
  io::TimePoint until = loop_.now() + kPatience;
  while (!hub_->is_ready() && loop_.now() < until) {
    bool has_saved = false;
    for (const auto& [name, status] : hub_->providers())
      has_saved = has_saved || status.is_from_disk;
    if (has_saved) break;
    Result<void> slept = co_await io::sleep_for(io::Duration{10}, &life_);
    if (!slept) co_return;
  }
  // The first verdicts of health checks come before the first request, where they come soon.
  until = loop_.now() + kFirstVerdicts;
  while (!checker_->has_first_verdicts() && loop_.now() < until) {
    Result<void> slept = co_await io::sleep_for(io::Duration{10}, &life_);
    if (!slept) co_return;
  }
  is_started_ = true;
  server_->start();
  // Ready when every worker takes connections.
  server_->on_every_worker([] {},
                           [this] {
                             inherited_.tell_ready();
                             service_manager_.ready();
                           });
  for (const auto& entry : server_->options().entry_points) {
    for (const auto& address : entry.addresses) {
      log::info("listening", {{"entryPoint", entry.name}, {"address", address.text()}});
    }
  }
}

void Application::reopen_logs() {
  log::reopen();
  if (access_log_ != nullptr) access_log_->reopen();
}

void Application::watch_over_servers() {
  checker_ = std::make_unique<health::Checker>(health_, *fetch_);
  health_.alarm().on_raise([this] { mailbox_.post([this] { checker_->attend(); }); });
  life_.spawn(checker_->run(life_));
}

int Application::run() {
  std::signal(SIGPIPE, SIG_IGN);
  io::Loop::current() = &loop_;
  if (!open()) return 1;
  fetch_ = std::make_unique<fetch::Client>();
  stapler_ = std::make_unique<stapling::Stapler>(*fetch_, stapling_settings(config_));
  watch_over_servers();
  make_providers(config_, *fetch_, providers_, reloads_);
  hub_ = std::make_unique<control::ConfigHub>(
      hub_settings(),
      [this](const std::vector<const config::Fragment*>& fragments) { apply(fragments); });
  providing_.spawn(hub_->run(providing_));
  hub_->publish(control::internal_fragment(config_));
  for (const auto& provider : providers_) providing_.spawn(provider->run(providing_, *hub_));
  life_.spawn(start_when_ready());
  life_.spawn(refresh_view());
  life_.spawn(watch_certificates());
  life_.spawn(stapler_->run(life_));
  life_.spawn(service_manager_.keep_alive(life_));
  auto stop = [this] {
    if (is_shutting_down_) std::_Exit(130);  // the second signal means now
    is_shutting_down_ = true;
    succession_.cancel(Error{Code::cancelled});
    ending_.spawn(shut_down());
  };
  io::SignalWatch on_term(loop_, SIGTERM, stop);
  io::SignalWatch on_int(loop_, SIGINT, stop);
  io::SignalWatch on_usr1(loop_, SIGUSR1, [this] { reopen_logs(); });
  io::SignalWatch on_usr2(loop_, SIGUSR2, [this] { begin_hand_over(); });
  io::SignalWatch on_hup(loop_, SIGHUP, [this] {
    reopen_logs();
    for (const auto& reload : reloads_) reload();
  });
  loop_.run();
  server_->stop();
  while (!life_.is_idle() || !ending_.is_idle()) loop_.step();
  if (access_log_ != nullptr) access_log_->stop();
  log::info("stopped");
  return 0;
}

}  // namespace fairlead
