#include "server/forwarded_headers.h"

#include <charconv>

namespace fairlead::server {
namespace {

using http::FieldId;

bool is_managed(FieldId id) {
  switch (id) {
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_method:
    case FieldId::x_forwarded_port:
    case FieldId::x_forwarded_prefix:
    case FieldId::x_forwarded_proto:
    case FieldId::x_forwarded_scheme:
    case FieldId::x_forwarded_server:
    case FieldId::x_forwarded_tls_client_cert:
    case FieldId::x_forwarded_tls_client_cert_info:
    case FieldId::x_forwarded_uri:
    case FieldId::x_real_ip:
    case FieldId::x_scheme:
      return true;
    default:
      return false;
  }
}

// "X_Forwarded_For" means the same to many an application behind us.
bool is_managed_in_disguise(std::string_view name) {
  if (name.size() < 8 || name.size() > 40 || (name[0] | 0x20) != 'x' || name.find('_') == name.npos)
    return false;
  char plain[40];
  for (size_t i = 0; i < name.size(); ++i) plain[i] = name[i] == '_' ? '-' : name[i];
  return is_managed(http::field_id({plain, name.size()}));
}

void drop_managed(http::HeaderMap& headers) {
  headers.remove_if([](const http::Field& field) {
    return is_managed(field.id) ||
           (field.id == FieldId::other && is_managed_in_disguise(field.name));
  });
}

std::string_view port_text(std::string_view authority, bool is_tls) {
  size_t colon = authority.rfind(':');
  size_t bracket = authority.rfind(']');
  bool has_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
  if (has_port && colon + 1 < authority.size()) return authority.substr(colon + 1);
  return is_tls ? "443" : "80";
}

std::string_view proto_of(const pipeline::Exchange& x) {
  bool is_websocket =
      x.request.wants_upgrade && http::equals_ignore_case(x.request.upgrade, "websocket");
  if (is_websocket) return x.is_tls ? "wss" : "ws";
  return x.is_tls ? "https" : "http";
}

}  // namespace

bool TrustedRange::contains(std::string_view address) const {
  if (address.size() != bytes.size()) return false;
  size_t whole = bits / 8;
  if (address.substr(0, whole) != std::string_view(bytes).substr(0, whole)) return false;
  unsigned rest = bits % 8;
  if (rest == 0) return true;
  auto mask = static_cast<unsigned char>(0xff00 >> rest);
  return ((static_cast<unsigned char>(address[whole]) ^ static_cast<unsigned char>(bytes[whole])) &
          mask) == 0;
}

bool parse_range(std::string_view text, TrustedRange& range) {
  size_t slash = text.find('/');
  Result<io::Address> address = io::Address::parse(text.substr(0, slash), 0);
  if (!address) return false;
  range.bytes = address->ip_bytes();
  range.bits = static_cast<unsigned>(range.bytes.size() * 8);
  if (slash == text.npos) return true;
  std::string_view bits = text.substr(slash + 1);
  unsigned value = 0;
  auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), value);
  if (error != std::errc{} || end != bits.data() + bits.size() || value > range.bits) return false;
  range.bits = value;
  return true;
}

bool ForwardedHeadersPolicy::trusts(const io::Address& peer) const {
  if (trusts_everyone) return true;
  std::string_view address = peer.ip_bytes();
  for (const TrustedRange& range : trusted) {
    if (range.contains(address)) return true;
  }
  return false;
}

void apply_forwarded_headers(pipeline::Exchange& x, const ForwardedHeadersPolicy& policy) {
  http::HeaderMap& headers = x.request.headers;
  bool is_trusted = (policy.trusts_everyone || !policy.trusted.empty()) && policy.trusts(*x.peer);
  if (!is_trusted) drop_managed(headers);
  auto set_if_absent = [&](FieldId id, std::string_view value) {
    if (!value.empty() && (!is_trusted || headers.find(id) == nullptr)) headers.add(id, value);
  };
  set_if_absent(FieldId::x_real_ip, x.peer->ip_text(x.arena.take_chars(46)));
  set_if_absent(FieldId::x_forwarded_proto, proto_of(x));
  set_if_absent(FieldId::x_forwarded_port, port_text(x.request.authority, x.is_tls));
  set_if_absent(FieldId::x_forwarded_host, x.request.authority);
  set_if_absent(FieldId::x_forwarded_server, policy.server_name);
  if (policy.adds_scheme_headers) {
    std::string_view proto = headers.get(FieldId::x_forwarded_proto);
    headers.set(FieldId::x_forwarded_scheme, proto);
    headers.set(FieldId::x_scheme, proto);
  }
  x.has_forwarded_for = !policy.appends_forwarded_for;
}

}  // namespace fairlead::server
