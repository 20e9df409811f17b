#include "providers/docker/docker_provider.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "config/static_providers.h"
#include "providers/docker/engine_json.h"

namespace fairlead::providers::docker {

namespace {

using fetch::Failure;

constexpr size_t kMaxInspections = 16;  // at a time, so that a big Engine is not flooded
constexpr int kInspectAttempts = 3;
constexpr io::Duration kInspectPause{200};
constexpr io::Duration kTick{30'000};  // how often time alone is looked at
constexpr io::Timeout kTickTimeout{kTick, Code::upstream_idle_timeout};

bool is_loopback(const std::string& host) {
  return host.empty() || host == "localhost" || host.starts_with("127.") || host == "::1";
}

const Container* own_entry(const OwnContainer& own, const Inventory& inventory) {
  if (!own.id.empty()) return inventory.find(own.id);
  if (!own.is_in_container || own.hostname.size() < 12) return nullptr;
  const Container* found = inventory.find(own.hostname);
  return found != nullptr && found->id.starts_with(own.hostname) ? found : nullptr;
}

}  // namespace

// One connection to the Engine: from the subscription to its loss.
struct DockerProvider::Session {
  Session(io::Scope& parent, FragmentSink& where) : scope(parent), sink(where) {}

  io::Scope& scope;
  FragmentSink& sink;
  std::unique_ptr<fetch::LineStream> events;
  io::Scope inspections{&scope};
  io::Scope publishing{&scope};
  std::deque<std::string> queue;  // to be inspected
  std::set<std::string> queued;
  io::Event has_changed;
  io::TimePoint refreshed_at{};
};

DockerOptions docker_options(const config::DockerProviderConfig& config) {
  DockerOptions options;
  options.client.endpoint = config.endpoint;
  options.client.username = config.username;
  options.client.password = config.password;
  options.client.timeout = config.http_client_timeout;
  if (config.tls) {
    options.client.tls =
        fetch::Tls{config.tls->ca, config.tls->cert, config.tls->key, config.tls->skips_verify};
  }
  options.translate = {config.exposed_by_default, config.default_rule, config.constraints,
                       config.allows_empty_services};
  options.network = config.network;
  options.uses_bind_port_ip = config.use_bind_port_ip;
  options.watch = config.watch;
  return options;
}

DockerProvider::DockerProvider(DockerOptions options, fetch::Client& fetch, OwnContainer own)
    : options_(std::move(options)),
      client_(options_.client, fetch),
      own_(std::move(own)),
      translator_(options_.translate),
      random_(std::random_device{}()) {}

io::Task<void> DockerProvider::run(io::Scope& scope, FragmentSink& sink) {
  delay_ = io::Duration(0);
  if (own_.is_in_container) host_name_ = co_await find_host_name(scope);
  while (!scope.is_cancelled()) {
    sink.connection(name(), Connection::connecting, options_.client.endpoint);
    auto ending = co_await connect_and_follow(scope, sink);
    if (scope.is_cancelled()) co_return;
    if (ending) {  // without watching, one look is all
      io::Event never;
      io::Wait cancelled = never.wait(&scope);
      (void)co_await cancelled;
      co_return;
    }
    sink.connection(name(), Connection::lost, ending.error().text);
    io::Wait pause = io::sleep_for(next_delay(), &scope);
    (void)co_await pause;
  }
}

// From first_retry to last_retry, doubling, each between half and all of it: many routers must not
// call in step.
io::Duration DockerProvider::next_delay() {
  delay_ = std::clamp(delay_ * 2, options_.first_retry, options_.last_retry);
  std::uniform_int_distribution<int64_t> part(delay_.count() / 2, delay_.count());
  return io::Duration(std::max<int64_t>(1, part(random_)));
}

io::Task<DockerProvider::Ending> DockerProvider::connect_and_follow(io::Scope& scope,
                                                                    FragmentSink& sink) {
  Session session(scope, sink);
  auto version = co_await client_.negotiate(scope);
  if (!version) co_return std::unexpected(version.error());
  if (options_.watch) {
    // Subscribe first, then list: what happens in between comes as an event.
    auto events = co_await client_.events(scope);
    if (!events) co_return std::unexpected(events.error());
    session.events = std::move(*events);
  }
  auto refreshed = co_await refresh(session);
  if (!refreshed) co_return refreshed;
  sink.publish(translator_.translate(inventory_, surroundings()));
  sink.connection(name(), Connection::connected,
                  "Engine API " + *version + " at " + options_.client.endpoint);
  delay_ = io::Duration(0);
  if (!options_.watch) co_return Ending();
  session.publishing.spawn(publish_changes(session));
  auto ending = co_await follow(session);
  session.inspections.cancel({.code = Code::cancelled});
  session.publishing.cancel({.code = Code::cancelled});
  co_await session.inspections.join();
  co_await session.publishing.join();
  co_return ending;
}

io::Task<DockerProvider::Ending> DockerProvider::follow(Session& session) {
  while (true) {
    auto line = co_await session.events->next_line(kTickTimeout, session.scope);
    if (!line && line.error().error.code != kTickTimeout.code) {
      co_return std::unexpected(line.error());
    }
    if (line && !*line) {
      co_return std::unexpected(Failure{{.code = Code::closed, .side = Side::upstream},
                                        "/events: the Engine ended the stream"});
    }
    // Everything that is here already belongs to the same burst: published once.
    for (auto next = line ? *line : std::nullopt; next; next = session.events->try_line()) {
      auto taken = take_event(session, *next);
      if (!taken) co_return taken;
    }
    io::TimePoint now = io::Loop::current()->now();
    if (inventory_.expire(now)) session.has_changed.set();
    if (now - session.refreshed_at < options_.resync) continue;
    auto refreshed = co_await refresh(session);
    if (!refreshed) co_return refreshed;
    session.has_changed.set();
  }
}

DockerProvider::Ending DockerProvider::take_event(Session& session, const std::string& line) {
  std::string why;
  auto event = parse_event(line, why);
  // Why not skip it: what it said is lost, and only a new list makes up for that.
  if (!event)
    return std::unexpected(Failure{{.code = Code::io, .side = Side::upstream}, "/events: " + why});
  switch (inventory_.apply(*event, io::Loop::current()->now())) {
    case Inventory::Effect::none:
      break;
    case Inventory::Effect::changed:
      session.has_changed.set();
      break;
    case Inventory::Effect::inspect:
      ask_for(session, event->container_id);
      break;
  }
  return {};
}

// The whole list, and an inspection of those that the list tells too little about.
io::Task<DockerProvider::Ending> DockerProvider::refresh(Session& session) {
  // Why: an inspection that is under way may be newer than the list, and must not be overwritten by
  // it.
  co_await session.inspections.join();
  auto listed = co_await client_.list(session.scope);
  if (!listed) co_return std::unexpected(listed.error());
  inventory_.replace(std::move(*listed));
  for (const auto& [id, container] : inventory_.containers()) {
    if (Inventory::needs_inspection(container)) ask_for(session, id);
  }
  co_await session.inspections.join();
  session.refreshed_at = io::Loop::current()->now();
  if (session.scope.is_cancelled()) {
    co_return std::unexpected(Failure{session.scope.error(), "cancelled"});
  }
  co_return Ending();
}

void DockerProvider::ask_for(Session& session, const std::string& id) {
  if (!session.queued.insert(id).second) return;
  session.queue.push_back(id);
  if (session.inspections.tasks() < kMaxInspections) {
    session.inspections.spawn(inspect_queued(session));
  }
}

io::Task<void> DockerProvider::inspect_queued(Session& session) {
  while (!session.queue.empty() && !session.inspections.is_cancelled()) {
    std::string id = std::move(session.queue.front());
    session.queue.pop_front();
    session.queued.erase(id);
    for (int attempt = 1;; ++attempt) {
      auto done = co_await inspect_one(session, id);
      if (done || session.inspections.is_cancelled()) break;
      if (attempt == kInspectAttempts) {
        log::warn("container could not be inspected",
                  {{"provider", "docker"}, {"error", done.error().text}});
        break;
      }
      io::Wait pause = io::sleep_for(kInspectPause * attempt, &session.inspections);
      (void)co_await pause;
    }
  }
}

io::Task<DockerProvider::Ending> DockerProvider::inspect_one(Session& session, std::string id) {
  uint64_t generation = inventory_.generation(id);
  auto container = co_await client_.inspect(id, session.inspections);
  if (!container) co_return std::unexpected(container.error());
  // Another event came meanwhile: it has settled the matter or asked again.
  if (inventory_.generation(id) != generation) co_return Ending();
  io::TimePoint now = io::Loop::current()->now();
  bool has_changed =
      *container ? inventory_.put(std::move(**container), now) : inventory_.remove(id);
  if (has_changed) session.has_changed.set();
  co_return Ending();
}

io::Task<void> DockerProvider::publish_changes(Session& session) {
  while (!session.publishing.is_cancelled()) {
    if (!session.has_changed.is_set()) {
      io::Wait change = session.has_changed.wait(&session.publishing);
      auto woken = co_await change;
      if (!woken) co_return;
    }
    session.has_changed.reset();
    session.sink.publish(translator_.translate(inventory_, surroundings()));
  }
}

Surroundings DockerProvider::surroundings() const {
  std::string host = client_.endpoint() ? client_.endpoint()->host : std::string();
  Surroundings around = surroundings_of(own_, inventory_, host, host_name_);
  around.default_network = options_.network;
  around.uses_bind_port_ip = options_.uses_bind_port_ip;
  return around;
}

namespace {

// The host as seen from a container of its own networks.
std::string host_address_from(const Container& container, const std::string& host_name) {
  if (!host_name.empty()) return host_name;
  for (const auto& [network, attachment] : container.networks) {
    if (!attachment.gateway.empty()) return attachment.gateway;
  }
  return "host.docker.internal";
}

}  // namespace

Surroundings surroundings_of(const OwnContainer& own, const Inventory& inventory,
                             const std::string& engine_host, const std::string& host_name) {
  Surroundings around;
  bool is_remote = !is_loopback(engine_host);
  if (is_remote) around.host_address = engine_host;
  const Container* entry = own_entry(own, inventory);
  if (entry == nullptr) {
    // A container whose id is known but not to this Engine shares the Engine's own surroundings.
    bool is_unknown = own.is_in_container && own.id.empty();
    if (is_unknown && !is_remote && !host_name.empty()) around.host_address = host_name;
    return around;
  }
  constexpr std::string_view kBorrowing = "container:";
  if (entry->network_mode.starts_with(kBorrowing)) {
    const Container* lender = inventory.find(entry->network_mode.substr(kBorrowing.size()));
    if (lender != nullptr) entry = lender;
  }
  if (entry->is_host_mode()) return around;  // the host reaches every bridge
  around.knows_own_networks = true;
  for (const auto& [network, attachment] : entry->networks) around.own_networks.insert(network);
  if (!is_remote) around.host_address = host_address_from(*entry, host_name);
  return around;
}

}  // namespace fairlead::providers::docker
