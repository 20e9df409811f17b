#include "cmd/fairlead/server_options.h"

#include <charconv>

#include <sched.h>
#include <unistd.h>

#include "io/resolver.h"

namespace fairlead {
namespace {

io::Duration milliseconds(config::Milliseconds value) { return io::Duration(value.count()); }

// An empty host means every address: IPv6 with IPv4 mapped in, or IPv4 alone where there is no
// IPv6. A name means all the addresses it has.
std::vector<io::Address> addresses_of(const config::ListenAddress& listen) {
  if (!listen.path.empty()) return {*io::Address::unix_path(listen.path)};
  if (listen.host.empty()) {
    bool has_v6 = ::access("/proc/net/if_inet6", R_OK) == 0;
    return {*io::Address::parse(has_v6 ? "::" : "0.0.0.0", listen.port)};
  }
  if (Result<io::Address> address = io::Address::parse(listen.host, listen.port)) return {*address};
  return io::resolve_now(listen.host, listen.port);
}

std::vector<io::Address> addresses_of(const config::EntryPoint& entry_point) {
  std::vector<io::Address> all = addresses_of(entry_point.listen);
  for (const config::ListenAddress& listen : entry_point.further) {
    for (io::Address& address : addresses_of(listen)) all.push_back(std::move(address));
  }
  return all;
}

unsigned octal(const std::string& text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return value;
}

http::RequestPolicy policy_of(const config::EntryPointHttp& from) {
  http::RequestPolicy policy;
  policy.allows_encoded_slash = from.encoded_characters.allows_slash;
  policy.allows_encoded_back_slash = from.encoded_characters.allows_back_slash;
  policy.allows_encoded_null_character = from.encoded_characters.allows_null_character;
  policy.allows_encoded_semicolon = from.encoded_characters.allows_semicolon;
  policy.allows_encoded_percent = from.encoded_characters.allows_percent;
  policy.allows_encoded_question_mark = from.encoded_characters.allows_question_mark;
  policy.allows_encoded_hash = from.encoded_characters.allows_hash;
  policy.sanitizes_path = from.sanitizes_path;
  policy.encodes_query_semicolons = from.encodes_query_semicolons;
  using Underscores = http::RequestPolicy::Underscores;
  if (from.underscore_headers_strategy == "delete") policy.underscores = Underscores::remove;
  if (from.underscore_headers_strategy == "reject") policy.underscores = Underscores::reject;
  return policy;
}

// The texts were checked when the configuration was read.
std::vector<server::TrustedRange> ranges_of(const std::vector<std::string>& texts) {
  std::vector<server::TrustedRange> ranges;
  for (const std::string& text : texts) {
    server::TrustedRange range;
    if (server::parse_range(text, range)) ranges.push_back(range);
  }
  return ranges;
}

server::ForwardedHeadersPolicy forwarded_policy(const config::StaticConfig& config,
                                                const config::EntryPoint& entry_point) {
  server::ForwardedHeadersPolicy policy;
  policy.trusts_everyone = entry_point.forwarded_headers.is_insecure;
  policy.trusted = ranges_of(entry_point.forwarded_headers.trusted_ips);
  policy.appends_forwarded_for = !entry_point.forwarded_headers.not_append_x_forwarded_for &&
                                 !config.global.not_append_x_forwarded_for;
  policy.adds_scheme_headers = entry_point.forwarded_headers.adds_x_forwarded_scheme_headers;
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) == 0) policy.server_name = name;
  policy.entry_port = entry_point.listen.port;
  policy.kept_connection_fields = entry_point.forwarded_headers.connection;
  return policy;
}

// Why a most: what a connection may hold grows with its streams, and no browser opens more than 256
// of them.
constexpr int64_t kMostStreams = 250;
constexpr int64_t kMostTableBytes = 64 * 1024;

http::H2Limits h2_limits(const config::EntryPointHttp2& from) {
  http::H2Limits limits;
  limits.max_concurrent_streams =
      static_cast<uint32_t>(std::min(from.max_concurrent_streams, kMostStreams));
  limits.decoder_table_bytes =
      static_cast<uint32_t>(std::min(from.max_decoder_header_table_size, kMostTableBytes));
  limits.encoder_table_bytes =
      static_cast<uint32_t>(std::min(from.max_encoder_header_table_size, kMostTableBytes));
  return limits;
}

http::ServerSettings http_settings(const config::StaticConfig& config,
                                   const config::EntryPoint& entry_point) {
  config::LimitsConfig limits = config::limits_for(config, entry_point);
  http::ServerSettings settings;
  settings.policy = policy_of(entry_point.http);
  settings.head_limits.head_bytes = static_cast<uint32_t>(entry_point.http.max_header_bytes);
  settings.client_header = milliseconds(limits.client_header);
  settings.first_byte = milliseconds(limits.client_header);
  settings.client_idle = milliseconds(limits.client_idle);
  settings.client_write = milliseconds(limits.client_write);
  settings.keepalive = milliseconds(limits.keepalive);
  if (auto read = entry_point.transport.responding_timeouts.read) {
    settings.request_read = milliseconds(*read);
    bool is_tighter = read->count() > 0 && settings.request_read < settings.client_header;
    if (is_tighter) settings.client_header = settings.first_byte = settings.request_read;
  }
  settings.max_requests = static_cast<uint64_t>(entry_point.transport.keep_alive_max_requests);
  settings.max_age = milliseconds(entry_point.transport.keep_alive_max_time);
  settings.h2 = h2_limits(entry_point.http2);
  return settings;
}

server::UdpEntryPointOptions udp_options(const config::StaticConfig& config,
                                         const std::string& name,
                                         const config::EntryPoint& entry_point, unsigned workers) {
  server::UdpEntryPointOptions udp;
  udp.name = name;
  udp.addresses = addresses_of(entry_point.listen);
  udp.reuses_port = entry_point.reuses_port;
  udp.timeout = milliseconds(entry_point.udp.timeout);
  udp.most_sessions =
      std::max<size_t>(1, static_cast<size_t>(config.limits.udp_sessions) / workers);
  return udp;
}

// The CPUs this process may run on.
std::vector<int> own_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

server::ServerOptions server_options(const config::StaticConfig& config) {
  server::ServerOptions options;
  std::vector<int> cpus = own_cpus();
  options.workers = config.workers > 0 ? static_cast<unsigned>(config.workers)
                                       : std::max<unsigned>(1, static_cast<unsigned>(cpus.size()));
  if (options.workers == cpus.size()) options.cpus = cpus;
  options.drain.hand_over = milliseconds(config.limits.hand_over);
  for (const auto& [name, entry_point] : config.entry_points) {
    if (entry_point.listen.is_udp) {
      options.udp_entry_points.push_back(udp_options(config, name, entry_point, options.workers));
      continue;
    }
    server::EntryPointOptions entry;
    entry.name = name;
    entry.addresses = addresses_of(entry_point);
    entry.unix_mode = octal(entry_point.socket_mode);
    entry.port = entry_point.listen.port;
    entry.reuses_port = entry_point.reuses_port;
    entry.http = http_settings(config, entry_point);
    entry.forwarded = forwarded_policy(config, entry_point);
    if (const auto& proxy = entry_point.proxy_protocol)
      entry.proxy_protocol = {true, proxy->is_insecure, ranges_of(proxy->trusted_ips)};
    entry.handshake = milliseconds(config.limits.handshake);
    entry.request_total = milliseconds(config::limits_for(config, entry_point).request_total);
    entry.is_logged = entry_point.observability.has_access_logs;
    entry.is_measured = entry_point.observability.has_metrics;
    entry.grace = milliseconds(config::limits_for(config, entry_point).drain);
    const config::LifeCycle& life = entry_point.transport.life_cycle;
    options.drain.accept_grace =
        std::max(options.drain.accept_grace, milliseconds(life.request_accept_grace_timeout));
    options.drain.grace = std::max(options.drain.grace, entry.grace);
    options.entry_points.push_back(std::move(entry));
  }
  return options;
}

control::TransportSettings transport_settings(const config::StaticConfig& config) {
  control::TransportSettings settings;
  settings.defaults = config.servers_transport;
  settings.connect = milliseconds(config.limits.upstream_connect);
  settings.head = milliseconds(config.limits.upstream_head);
  settings.idle = milliseconds(config.limits.upstream_idle);
  return settings;
}

stapling::Settings stapling_settings(const config::StaticConfig& config) {
  stapling::Settings settings;
  settings.folder = config::state_dir(config);
  const config::Node* overrides = config.ocsp ? config.ocsp->find("responderOverrides") : nullptr;
  if (overrides == nullptr) return settings;
  for (const config::Member& member : overrides->members)
    settings.overrides[member.key] = member.value.scalar;
  return settings;
}

}  // namespace fairlead
