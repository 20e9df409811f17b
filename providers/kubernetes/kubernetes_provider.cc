#include "providers/kubernetes/kubernetes_provider.h"

#include <algorithm>

#include "base/log.h"
#include "providers/kubernetes/crd_translator.h"
#include "providers/kubernetes/ingress_translator.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

// TLS pairs only: clusters keep megabytes of other things in Secrets.
constexpr const char* kTlsSecrets = "&fieldSelector=type%3Dkubernetes.io%2Ftls";
constexpr const char* kServiceSlices = "&labelSelector=kubernetes.io%2Fservice-name";

constexpr Kind kCustomKinds[] = {
    Kind::ingress_route,     Kind::ingress_route_tcp,    Kind::ingress_route_udp, Kind::middleware,
    Kind::middleware_tcp,    Kind::traefik_service,      Kind::tls_option,        Kind::tls_store,
    Kind::servers_transport, Kind::servers_transport_tcp};

using Status = ReporterSettings::Status;

Status status_mode(const std::string& word) {
  if (word == "off") return Status::off;
  return word == "shadow" ? Status::shadow : Status::write;
}

Leader::Settings leader_options(const config::KubernetesLeaderElection& config) {
  Leader::Settings settings;
  settings.space = config.name_space;
  settings.name = config.name;
  settings.identity = own_identity();
  settings.is_disabled = config.is_disabled;
  return settings;
}

AccessOptions access_options(const config::KubernetesAccess& config) {
  return {config.endpoint, config.token, config.cert_auth_file_path};
}

std::string label_selector(const std::string& labels) {
  return labels.empty() ? "" : "&labelSelector=" + escape_query(labels);
}

void add_backend_kinds(std::vector<WatchedKind>& kinds) {
  kinds.push_back({Kind::service, "", true, false});
  kinds.push_back({Kind::endpoint_slice, kServiceSlices, true, true});
  kinds.push_back({Kind::secret, kTlsSecrets, true, false});
}

}  // namespace

KubernetesProvider::KubernetesProvider(KubernetesOptions options,
                                       std::unique_ptr<Translator> translator, fetch::Client& fetch)
    : options_(std::move(options)),
      translator_(std::move(translator)),
      name_(translator_->provider()),
      fetch_(fetch) {}
KubernetesProvider::~KubernetesProvider() = default;

io::Task<void> KubernetesProvider::run(io::Scope& scope, FragmentSink& sink) {
  io::Duration delay = options_.first_retry;
  while (!scope.is_cancelled()) {
    sink.connection(name_, Connection::connecting, options_.access.endpoint);
    auto access = find_access(options_.access, options_.environment);
    if (access) {
      co_await follow(scope, sink, std::move(*access));
      co_return;
    }
    sink.connection(name_, Connection::lost, access.error());
    io::Wait pause = io::sleep_for(delay, &scope);
    (void)co_await pause;
    delay = std::min(delay * 2, options_.last_retry);
  }
}

io::Task<void> KubernetesProvider::follow(io::Scope& scope, FragmentSink& sink, Access access) {
  ApiClient client(access, fetch_);
  // Why first: over the connection that is open then, HTTP/2 carries all watches.
  auto version = co_await client.send("GET", "/version", scope);
  if (version) server_version_ = " " + text(*version, "gitVersion");
  co_await choose_namespaces(client, scope);
  ClusterWatch watch(options_.watch, client, store_);
  io::Scope watching(&scope);
  Leader::Settings leading = leader_settings(access);
  Leader leader(std::move(leading), client, leadership_);
  Reporter reporter(options_.report, client, store_, *translator_, leader);
  watch.start(watching);
  bool has_reports = options_.report.writes_events || options_.report.status != Status::off;
  if (has_reports) {
    watching.spawn(reporter.run(watching));
    watching.spawn(leader.run(watching));
    watching.spawn(follow_leadership(reporter, watching));
  }
  while (!scope.is_cancelled()) {
    if (!watch.changed().is_set()) {
      io::Wait change = watch.changed().wait(&scope);
      auto woken = co_await change;
      if (!woken) break;
    }
    watch.changed().reset();
    if (publish(watch, watching, sink)) reporter.look_again();
    say_connection(watch, sink, access);
  }
  watching.cancel({.code = Code::cancelled});
  co_await watching.join();
}

// The namespaces of the selector, as they are at the start.
io::Task<void> KubernetesProvider::choose_namespaces(ApiClient& client, io::Scope& scope) {
  if (options_.namespace_selector.empty()) co_return;
  std::string path =
      "/api/v1/namespaces?labelSelector=" + escape_query(options_.namespace_selector);
  while (!scope.is_cancelled()) {
    auto list = co_await client.send("GET", path, scope);
    if (list) {
      options_.watch.namespaces.clear();
      for (const Json& one : member(*list, "items")) {
        options_.watch.namespaces.push_back(text(member(one, "metadata"), "name"));
      }
      // None of them must not mean all.
      if (options_.watch.namespaces.empty()) options_.watch.namespaces = {"-"};
      co_return;
    }
    log::warn("cannot read the namespaces", {{"provider", name_}, {"error", list.error().text}});
    io::Wait pause = io::sleep_for(options_.last_retry, &scope);
    (void)co_await pause;
  }
}

// A new leader writes what the last one did not.
io::Task<void> KubernetesProvider::follow_leadership(Reporter& reporter, io::Scope& scope) {
  while (!scope.is_cancelled()) {
    if (!leadership_.is_set()) {
      io::Wait change = leadership_.wait(&scope);
      auto woken = co_await change;
      if (!woken) co_return;
    }
    leadership_.reset();
    reporter.look_again();
  }
}

Leader::Settings KubernetesProvider::leader_settings(const Access& access) const {
  Leader::Settings settings = options_.leader;
  auto own_space = options_.environment.variables.find("POD_NAMESPACE");
  if (settings.space.empty()) settings.space = access.space;
  if (settings.space.empty() && own_space != options_.environment.variables.end()) {
    settings.space = own_space->second;
  }
  if (settings.space.empty()) settings.space = "default";
  return settings;
}

bool KubernetesProvider::publish(ClusterWatch& watch, io::Scope& watching, FragmentSink& sink) {
  if (!watch.is_complete()) return false;
  bool is_first = !said_trouble_;
  if (!store_.has_changes() && !is_first) return false;
  Changes changes = store_.take_changes();
  translator_->update(store_, changes);
  watch.follow_named(Kind::secret, translator_->wanted_secrets(), watching);
  watch.follow_named(Kind::config_map, translator_->wanted_config_maps(), watching);
  std::set<std::string> published;
  if (!options_.report.published_service.empty()) {
    published.insert(options_.report.published_service);
    // With namespaces chosen it may live in none of them.
    if (!options_.watch.namespaces.empty()) {
      watch.follow_named(Kind::service, published, watching);
    }
  }
  sink.publish(translator_->fragment());
  return true;
}

void KubernetesProvider::say_connection(const ClusterWatch& watch, FragmentSink& sink,
                                        const Access& access) {
  std::string trouble = watch.trouble();
  bool is_connected = trouble.empty() && watch.is_complete();
  if (!is_connected && trouble.empty()) return;
  if (said_trouble_ == trouble) return;
  if (is_connected) {
    sink.connection(name_, Connection::connected,
                    access.server + server_version_ + " (" + access.origin + ")");
  } else {
    sink.connection(name_, Connection::lost, trouble);
  }
  said_trouble_ = trouble;
}

KubernetesOptions ingress_options(const config::KubernetesIngressConfig& config) {
  KubernetesOptions options;
  options.access = access_options(config);
  options.watch.namespaces = config.namespaces;
  auto& kinds = options.watch.kinds;
  kinds.push_back({Kind::ingress, label_selector(config.label_selector), true, false});
  if (!config.disables_cluster_scope_resources && !config.disables_ingress_class_lookup) {
    kinds.push_back({Kind::ingress_class, "", true, false});
  }
  if (!config.disables_cluster_scope_resources) kinds.push_back({Kind::node, "", false, false});
  add_backend_kinds(kinds);
  options.report.status = status_mode(config.status_mode);
  // Shadow mode writes nothing at all, so nobody need lead.
  options.report.writes_events = options.report.status == Status::write;
  options.report.ips = split_words(config.ingress_endpoint.ip);
  options.report.hostnames = split_words(config.ingress_endpoint.hostname);
  options.report.published_service = config.ingress_endpoint.published_service;
  options.leader = leader_options(config.leader_election);
  if (options.report.status != Status::write) options.leader.is_disabled = true;
  return options;
}

std::unique_ptr<Provider> ingress_provider(const config::KubernetesIngressConfig& config,
                                           fetch::Client& fetch) {
  return std::make_unique<KubernetesProvider>(
      ingress_options(config), std::make_unique<IngressTranslator>(traefik_dialect(config)), fetch);
}

KubernetesOptions nginx_options(const config::KubernetesNginxConfig& config) {
  KubernetesOptions options;
  options.access = access_options(config);
  if (!config.watch_namespace.empty()) options.watch.namespaces = {config.watch_namespace};
  options.namespace_selector = config.watch_namespace_selector;
  auto& kinds = options.watch.kinds;
  kinds.push_back({Kind::ingress, "", true, false});
  kinds.push_back({Kind::ingress_class, "", true, false});
  add_backend_kinds(kinds);
  options.report.status = status_mode(config.status_mode);
  options.report.writes_events = options.report.status == Status::write;
  for (const std::string& one : config.publish_status_address) {
    bool is_name = one.find_first_not_of("0123456789abcdefABCDEF.:") != one.npos;
    (is_name ? options.report.hostnames : options.report.ips).push_back(one);
  }
  options.report.published_service = config.publish_service;
  options.leader = leader_options(config.leader_election);
  options.leader.name += "-nginx";
  if (options.report.status != Status::write) options.leader.is_disabled = true;
  return options;
}

std::unique_ptr<Provider> nginx_provider(const config::KubernetesNginxConfig& config,
                                         fetch::Client& fetch) {
  return std::make_unique<KubernetesProvider>(
      nginx_options(config), std::make_unique<IngressTranslator>(nginx_dialect(config)), fetch);
}

KubernetesOptions crd_options(const config::KubernetesCrdConfig& config) {
  KubernetesOptions options;
  options.access = access_options(config);
  options.watch.namespaces = config.namespaces;
  auto& kinds = options.watch.kinds;
  for (Kind kind : kCustomKinds) {
    kinds.push_back({kind, label_selector(config.label_selector), true, false});
  }
  if (!config.disables_cluster_scope_resources) kinds.push_back({Kind::node, "", false, false});
  add_backend_kinds(kinds);
  options.report.status = Status::off;
  options.leader = leader_options({.name = "fairlead-crd-leader", .name_space = {}});
  return options;
}

std::unique_ptr<Provider> crd_provider(const config::KubernetesCrdConfig& config,
                                       fetch::Client& fetch) {
  return std::make_unique<KubernetesProvider>(crd_options(config),
                                              std::make_unique<CrdTranslator>(config), fetch);
}

}  // namespace fairlead::providers::kubernetes
