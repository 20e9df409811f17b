#include "config/dynamic.h"

#include <algorithm>

#include "config/dynamic_parts.h"
#include "config/stream_specs.h"

namespace fairlead::config {
namespace {

constexpr std::string_view kStaticRoots[] = {"entryPoints",
                                             "providers",
                                             "api",
                                             "log",
                                             "accessLog",
                                             "metrics",
                                             "tracing",
                                             "ping",
                                             "global",
                                             "core",
                                             "ocsp",
                                             "hostResolver",
                                             "serversTransport",
                                             "experimental",
                                             "certificatesResolvers",
                                             "spiffe"};

template <class Spec>
using Decode = std::optional<Spec> (*)(Reader&, const DecodeContext&);

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// One section ("http.routers"): every element by itself, so that a broken one costs only itself.
template <class Spec>
void decode_section(Reader& parent, std::string_view key, std::string_view word,
                    Decode<Spec> decode, std::map<std::string, Spec>& out,
                    const DecodeContext& context) {
  const Node* section = parent.raw(key);
  if (section == nullptr || section->is_null()) return;
  if (section->is_list() && section->items.empty()) return;
  if (!section->is_map()) {
    parent.error(key, "must be a map from names to objects");
    return;
  }
  for (const Member& member : section->members) {
    Reader reader(&member.value, context.source, std::string(word) + " " + member.key,
                  parent.path() + "." + std::string(key) + "." + member.key, context.diagnostics);
    if (reader.has_errors()) continue;
    if (out.contains(member.key)) {
      reader.error("", "defined twice in one document; the first definition counts");
      continue;
    }
    if (auto spec = decode(reader, context)) out.emplace(member.key, std::move(*spec));
  }
}

std::optional<OpaqueSpec> decode_opaque(Reader& reader, const DecodeContext&) {
  return OpaqueSpec{options_of(*reader.node())};
}

OpaqueSpec canonical_stream(const Node& node) {
  OpaqueSpec object{options_of(node)};
  make_canonical_stream(object.options);
  return object;
}

// Judged here, so that a fault names its place in the document; read again by those who serve it.
template <class Spec>
std::optional<OpaqueSpec> decode_stream(Reader& reader, const DecodeContext&) {
  Spec spec;
  read_stream(reader, spec);
  if (reader.has_errors()) return std::nullopt;
  return canonical_stream(*reader.node());
}

std::optional<OpaqueSpec> decode_stream_middleware(Reader& reader, const DecodeContext& context) {
  auto middleware = decode_middleware(reader, context);
  if (!middleware) return std::nullopt;
  Node node = Node::map();
  node.at(middleware->type) = middleware->options;
  return canonical_stream(node);
}

void decode_http(Reader& http, Objects& out, const DecodeContext& context) {
  decode_section(http, "routers", "router", decode_router, out.routers, context);
  decode_section(http, "services", "service", decode_service, out.services, context);
  decode_section(http, "middlewares", "middleware", decode_middleware, out.middlewares, context);
  decode_section(http, "serversTransports", "serversTransport", decode_opaque,
                 out.servers_transports, context);
}

void decode_tcp(Reader& tcp, Objects& out, const DecodeContext& context) {
  decode_section(tcp, "routers", "TCP router", decode_stream<TcpRouterSpec>, out.tcp_routers,
                 context);
  decode_section(tcp, "services", "TCP service", decode_stream<TcpServiceSpec>, out.tcp_services,
                 context);
  decode_section(tcp, "middlewares", "TCP middleware", decode_stream_middleware,
                 out.tcp_middlewares, context);
  decode_section(tcp, "serversTransports", "TCP serversTransport", decode_stream<TcpTransportSpec>,
                 out.tcp_servers_transports, context);
}

void decode_udp(Reader& udp, Objects& out, const DecodeContext& context) {
  decode_section(udp, "routers", "UDP router", decode_stream<UdpRouterSpec>, out.udp_routers,
                 context);
  decode_section(udp, "services", "UDP service", decode_stream<UdpServiceSpec>, out.udp_services,
                 context);
}

void decode_certificate(Reader& item, Objects& out) {
  CertificateSpec certificate;
  item.read("certFile", certificate.cert_file);
  item.read("keyFile", certificate.key_file);
  item.read("stores", certificate.stores);
  item.finish();
  if (certificate.cert_file.empty()) item.error("certFile", "is required: a path or inline PEM");
  if (certificate.key_file.empty()) item.error("keyFile", "is required: a path or inline PEM");
  if (!item.has_errors()) out.certificates.push_back(std::move(certificate));
}

void decode_certificates(Reader& tls, Objects& out, const DecodeContext& context) {
  const Node* list = tls.raw("certificates");
  if (list == nullptr || list->is_null()) return;
  if (!list->is_list()) {
    tls.error("certificates", "must be a list of {certFile, keyFile, stores}");
    return;
  }
  for (size_t i = 0; i < list->items.size(); ++i) {
    std::string index = "[" + std::to_string(i) + "]";
    Reader item(&list->items[i], context.source, "certificate " + std::to_string(i),
                tls.path() + ".certificates" + index, context.diagnostics);
    if (!item.has_errors()) decode_certificate(item, out);
  }
}

void decode_tls(Reader& tls, Objects& out, const DecodeContext& context) {
  decode_certificates(tls, out, context);
  decode_section(tls, "options", "TLS options", decode_opaque, out.tls_options, context);
  decode_section(tls, "stores", "TLS store", decode_opaque, out.tls_stores, context);
}

// Keys of the other document, and private x- keys that only hold YAML anchors.
void accept_foreign_roots(Reader& root) {
  for (const Member& member : root.node()->members) {
    if (member.key.starts_with("x-")) root.ignore(member.key);
    for (std::string_view known : kStaticRoots) {
      if (!equals_without_case(member.key, known)) continue;
      root.ignore(member.key);
      root.warning(member.key,
                   "belongs to the static configuration and does nothing here; move it "
                   "to the main configuration file");
    }
  }
}

}  // namespace

bool is_switched_on(const Node* node) {
  if (node == nullptr) return false;
  return !node->is_scalar() || node->scalar.empty() || parse_bool(node->scalar) == true;
}

Node options_of(const Node& node) {
  if (node.is_map()) return node;
  Node empty = Node::map();
  empty.origin = node.origin;
  return empty;
}

MergedObjects shared(Objects objects) {
  MergedObjects out;
  out.routers = Section(objects.routers);
  out.services = Section(objects.services);
  out.middlewares = Section(objects.middlewares);
  static_cast<OtherObjects&>(out) = std::move(static_cast<OtherObjects&>(objects));
  return out;
}

Objects decode_dynamic(const Node& document, const std::string& source, Diagnostics& diagnostics) {
  Objects out;
  DecodeContext context{source, diagnostics};
  if (!document.is_null() && !document.is_map()) {
    diagnostics.push_back({Severity::error, source, "", "",
                           "a dynamic configuration is a map with http, tcp, udp and tls"});
    return out;
  }
  Reader root(&document, source, "", "", diagnostics);
  root.child("http", [&](Reader& http) { decode_http(http, out, context); });
  root.child("tcp", [&](Reader& tcp) { decode_tcp(tcp, out, context); });
  root.child("udp", [&](Reader& udp) { decode_udp(udp, out, context); });
  root.child("tls", [&](Reader& tls) { decode_tls(tls, out, context); });
  accept_foreign_roots(root);
  root.finish();
  return out;
}

}  // namespace fairlead::config
