#include "middleware/forward_auth_request.h"

#include <algorithm>

namespace fairlead::middleware {
namespace {

constexpr std::string_view kForwarded = "X-Forwarded-";

bool is_forwarded(const http::Field& field) {
  return http::equals_ignore_case(field.name.substr(0, kForwarded.size()), kForwarded);
}

bool is_wanted(const AuthQuestion& question, const http::Field& field) {
  switch (field.id) {
    // Of this connection or this message's body.
    case http::FieldId::content_length:
    case http::FieldId::transfer_encoding:
    case http::FieldId::connection:
    case http::FieldId::upgrade:
    case http::FieldId::expect:
    case http::FieldId::host:
      return false;
    default:
      break;
  }
  if (question.trusts_forwarded == false && is_forwarded(field)) return false;
  if (question.fields.empty()) return true;
  return std::ranges::any_of(question.fields, [&](const std::string& name) {
    return http::equals_ignore_case(name, field.name);
  });
}

// Sets a field unless the request may say it and does.
void say(const AuthQuestion& question, const pipeline::Exchange& x, http::HeaderMap& headers,
         http::FieldId id, std::string_view value) {
  std::string_view said = x.request.headers.get(id);
  headers.set(id, question.trusts_forwarded == true && !said.empty() ? said : value);
}

void say_client(const AuthQuestion& question, const pipeline::Exchange& x, pipeline::Exchange& to) {
  http::HeaderMap& headers = to.request.headers;
  headers.remove(http::FieldId::x_forwarded_for);
  to.has_forwarded_for = true;  // said here
  std::string_view peer;
  if (x.peer != nullptr) peer = x.peer->ip_text(to.arena.take_chars(46));
  std::string_view all;
  if (question.trusts_forwarded == true) {
    for (const http::Field& field : x.request.headers.fields()) {
      if (field.id != http::FieldId::x_forwarded_for || field.value.empty()) continue;
      all = all.empty() ? field.value : to.arena.join(all, std::string_view(", "), field.value);
    }
  }
  if (all.empty())
    all = peer;
  else if (!peer.empty())
    all = to.arena.join(all, std::string_view(", "), peer);
  if (!all.empty()) headers.add(http::FieldId::x_forwarded_for, all);
}

std::string_view port_of(const pipeline::Exchange& x) {
  std::string_view authority = x.request.authority;
  size_t colon = authority.rfind(':');
  bool has_port = colon != std::string_view::npos && authority.find(']', colon) == authority.npos;
  if (has_port) return authority.substr(colon + 1);
  return x.is_tls ? "443" : "80";
}

}  // namespace

void ask(const AuthQuestion& question, const pipeline::Exchange& x, pipeline::Exchange& to) {
  const http::RequestHead& original = x.request;
  to.request.path = question.address.path;
  to.request.query = question.address.query;
  to.request.has_query = question.address.has_query;
  if (question.keeps_method) {
    to.request.method = original.method;
    to.request.method_text = original.method_text;
  }
  http::HeaderMap& headers = to.request.headers;
  for (const http::Field& field : original.headers.fields()) {
    if (is_wanted(question, field)) headers.add(field);
  }
  say_client(question, x, to);
  say(question, x, headers, http::FieldId::x_forwarded_method, original.method_text);
  say(question, x, headers, http::FieldId::x_forwarded_proto, x.is_tls ? "https" : "http");
  say(question, x, headers, http::FieldId::x_forwarded_host, original.authority);
  std::string_view target = original.path;
  if (original.has_query)
    target = to.arena.join(original.path, std::string_view("?"), original.query);
  say(question, x, headers, http::FieldId::x_forwarded_uri, target);
  if (question.trusts_forwarded.has_value())
    say(question, x, headers, http::FieldId::x_forwarded_port, port_of(x));
}

}  // namespace fairlead::middleware
