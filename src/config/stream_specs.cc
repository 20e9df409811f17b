#include "config/stream_specs.h"

#include <algorithm>
#include <charconv>

#include "config/dynamic_parts.h"
#include "config/references.h"

namespace fairlead::config {
namespace {

constexpr std::string_view kKeys[] = {"entryPoints",
                                      "rule",
                                      "service",
                                      "middlewares",
                                      "priority",
                                      "ruleSyntax",
                                      "tls",
                                      "passthrough",
                                      "options",
                                      "certResolver",
                                      "domains",
                                      "main",
                                      "sans",
                                      "loadBalancer",
                                      "weighted",
                                      "servers",
                                      "address",
                                      "serversTransport",
                                      "healthCheck",
                                      "port",
                                      "send",
                                      "expect",
                                      "interval",
                                      "timeout",
                                      "unhealthyInterval",
                                      "services",
                                      "name",
                                      "weight",
                                      "version",
                                      "proxyProtocol",
                                      "dialTimeout",
                                      "dialKeepAlive",
                                      "terminationDelay",
                                      "serverName",
                                      "insecureSkipVerify",
                                      "rootCAs",
                                      "certificates",
                                      "certFile",
                                      "keyFile",
                                      "peerCertURI",
                                      "peerCertSANs",
                                      "type",
                                      "value",
                                      "spiffe",
                                      "ids",
                                      "trustDomain",
                                      "ipAllowList",
                                      "ipWhiteList",
                                      "inFlightConn",
                                      "sourceRange",
                                      "amount"};
constexpr std::string_view kLists[] = {"entryPoints", "middlewares", "sans",
                                       "rootCAs",     "sourceRange", "ids"};

bool is_same_key(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// "host:port" with the brackets of IPv6, or what is wrong with it.
std::string address_fault(std::string_view address) {
  size_t colon = address.rfind(':');
  if (address.contains("://")) return "is no URL; write HOST:PORT";
  if (colon == address.npos || colon == 0) return "must be HOST:PORT";
  std::string_view host = address.substr(0, colon), digits = address.substr(colon + 1);
  uint16_t port = 0;
  auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (fault != std::errc{} || end != digits.data() + digits.size() || port == 0)
    return "must end in a port between 1 and 65535";
  bool is_bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (!is_bracketed && host.contains(':')) return "needs brackets around the IPv6 address";
  if (host.find_first_of(" \t\r\n/@") != host.npos) return "has a host that is none";
  return {};
}

void read_address(Reader& item, std::string& address) {
  item.read("address", address);
  std::string fault = address_fault(address);
  if (!fault.empty()) item.error("address", "\"" + address + "\" " + fault);
}

// As Reader::read; a negative duration too, for the options that give it a meaning of its own.
void read_signed(Reader& reader, std::string_view key, Milliseconds& out) {
  const Node* node = reader.raw(key);
  if (node != nullptr && node->is_scalar() && node->scalar.starts_with('-') &&
      parse_duration(std::string_view(node->scalar).substr(1))) {
    out = -std::max(Milliseconds{1}, *parse_duration(std::string_view(node->scalar).substr(1)));
    return;
  }
  reader.read(key, out);
}

void read_proxy_version(Reader& reader, int64_t& version) {
  version = 2;
  reader.read("version", version);
  if (version != 1 && version != 2) reader.error("version", "must be 1 or 2");
}

void read_health_check(Reader& reader, TcpHealthCheckSpec& check) {
  reader.read("port", check.port);
  reader.read("send", check.send);
  reader.read("expect", check.expect);
  reader.read("interval", check.interval);
  reader.read("timeout", check.timeout);
  reader.read("unhealthyInterval", check.unhealthy_interval);
  if (check.port < 0 || check.port > 65535) reader.error("port", "must be between 1 and 65535");
  constexpr size_t kMostBytes = 64 * 1024;
  if (check.send.size() > kMostBytes) reader.error("send", "is longer than 64 KiB");
  if (check.expect.size() > kMostBytes) reader.error("expect", "is longer than 64 KiB");
  if (check.interval <= Milliseconds{0}) reader.error("interval", "must be longer than 0");
  if (check.timeout <= Milliseconds{0}) reader.error("timeout", "must be longer than 0");
  if (check.unhealthy_interval && *check.unhealthy_interval <= Milliseconds{0})
    reader.error("unhealthyInterval", "must be longer than 0");
}

void read_weighted(Reader& reader, std::vector<WeightedRef>& services) {
  reader.each_item("services", [&](Reader& item) {
    WeightedRef& ref = services.emplace_back();
    item.read("name", ref.name);
    item.read("weight", ref.weight);
    if (ref.name.empty()) item.error("name", "is required: the name of a service");
    if (ref.weight < 0) item.error("weight", "must not be negative");
  });
  // A child that is down is left out whether this is written or not.
  reader.raw("healthCheck");
}

// Whether it is weighted; reports none or both.
bool read_kind(Reader& reader) {
  reader.ignore("loadBalancer");
  reader.ignore("weighted");
  const Node* node = reader.node();
  bool is_balancer = node != nullptr && is_switched_on(node->find("loadBalancer"));
  bool is_weighted = node != nullptr && is_switched_on(node->find("weighted"));
  if (is_balancer == is_weighted)
    reader.error("", is_balancer ? "is both loadBalancer and weighted; a service is one of them"
                                 : "needs exactly one of loadBalancer, weighted");
  return is_weighted;
}

void read_tcp_balancer(Reader& reader, TcpServiceSpec& service) {
  reader.each_item("servers", [&](Reader& item) {
    TcpServerSpec& server = service.servers.emplace_back();
    read_address(item, server.address);
    item.read("tls", server.uses_tls);
  });
  reader.read("serversTransport", service.servers_transport);
  reader.child("healthCheck",
               [&](Reader& check) { read_health_check(check, service.health_check.emplace()); });
  reader.child("proxyProtocol", [&](Reader& header) {
    read_proxy_version(header, service.proxy_protocol.emplace());
  });
  int64_t delay = 0;
  if (reader.read("terminationDelay", delay)) service.termination_delay = Milliseconds(delay);
  constexpr const char* kMoved = "it moved to tcp.serversTransports, which goes first";
  if (service.proxy_protocol) reader.deprecate("proxyProtocol", kMoved);
  if (service.termination_delay) reader.deprecate("terminationDelay", kMoved);
}

}  // namespace

void read_stream(Reader& reader, TcpRouterSpec& router) {
  reader.read("entryPoints", router.entry_points);
  reader.read("rule", router.rule);
  reader.read("service", router.service);
  reader.read("middlewares", router.middlewares);
  reader.read("priority", router.priority);
  reader.read_word("ruleSyntax", router.rule_syntax, {"v3", "v2"});
  reader.child("tls", [&](Reader& tls) {
    router.tls.emplace();
    tls.read("passthrough", router.tls->is_passthrough);
    decode_router_tls(tls, *router.tls);
  });
  reader.finish();
}

void read_stream(Reader& reader, TcpServiceSpec& service) {
  service.is_weighted = read_kind(reader);
  if (service.is_weighted) {
    reader.child("weighted", [&](Reader& body) { read_weighted(body, service.services); });
  } else {
    reader.child("loadBalancer", [&](Reader& body) { read_tcp_balancer(body, service); });
  }
  reader.finish();
}

void read_stream(Reader& reader, TcpTransportSpec& transport) {
  read_signed(reader, "dialKeepAlive", transport.dial_keep_alive);
  reader.read("dialTimeout", transport.dial_timeout);
  read_signed(reader, "terminationDelay", transport.termination_delay);
  reader.child("proxyProtocol",
               [&](Reader& header) { read_proxy_version(header, transport.proxy_protocol); });
  if (const Node* tls = reader.raw("tls"); is_switched_on(tls)) transport.tls = options_of(*tls);
  reader.finish();
}

void read_stream(Reader& reader, UdpRouterSpec& router) {
  reader.read("entryPoints", router.entry_points);
  reader.read("service", router.service);
  reader.finish();
}

void read_stream(Reader& reader, UdpServiceSpec& service) {
  service.is_weighted = read_kind(reader);
  if (service.is_weighted) {
    reader.child("weighted", [&](Reader& body) { read_weighted(body, service.services); });
  } else {
    reader.child("loadBalancer", [&](Reader& body) {
      body.each_item("servers",
                     [&](Reader& item) { read_address(item, service.servers.emplace_back()); });
    });
  }
  reader.finish();
}

bool is_tcp_catch_all(std::string_view rule) {
  std::string text;
  for (char c : rule) {
    if (c != ' ' && c != '\t') text += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  return text == "hostsni(`*`)" || text == "hostsni(\"*\")";
}

int64_t effective_tcp_priority(std::string_view rule, int64_t priority) {
  if (priority != 0) return priority;
  return is_tcp_catch_all(rule) ? -1 : static_cast<int64_t>(rule.size());
}

void make_canonical_stream(Node& node) {
  for (Node& item : node.items) make_canonical_stream(item);
  for (Member& member : node.members) {
    for (std::string_view key : kKeys) {
      if (is_same_key(member.key, key)) member.key = key;
    }
    make_canonical_stream(member.value);
    if (std::ranges::find(kLists, member.key) != std::end(kLists)) make_word_list(member.value);
  }
}

}  // namespace fairlead::config
