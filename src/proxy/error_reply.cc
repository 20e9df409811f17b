#include "proxy/error_reply.h"

namespace fairlead::proxy {
namespace {

constexpr unsigned kClientClosedRequest = 499;

ErrorReply client_fault(Code code) {
  switch (code) {
    case Code::closed:
    case Code::reset:
    case Code::io:
    case Code::cancelled:
      return {kClientClosedRequest, "Client Closed Request"};
    case Code::client_header_timeout:
    case Code::client_idle_timeout:
      return {408, "Request Timeout"};
    case Code::client_write_timeout:
      return {kClientClosedRequest, "Client Closed Request"};
    case Code::body_too_large:
      return {413, "Request Entity Too Large"};
    case Code::bad_expect:
      return {417, "Expectation Failed"};
    case Code::head_too_large:
    case Code::too_many_fields:
      return {431, "Request Header Fields Too Large"};
    default:
      return {400, "Bad Request"};
  }
}

}  // namespace

ErrorReply error_reply(const Error& error) {
  switch (error.code) {
    case Code::no_router:
    case Code::no_service:
      return {404, "404 page not found\n"};
    case Code::no_server:
      return {503, "no available server\n"};
    case Code::loop_detected:
      return {400, "Bad Request"};
    case Code::not_allowed:
      return {403, "Forbidden"};
    case Code::limit_reached:
      return {503, "Service Unavailable"};
    case Code::upstream_connect_timeout:
    case Code::upstream_head_timeout:
    case Code::upstream_idle_timeout:
    case Code::tls_handshake_timeout:
    case Code::h2_ping_timeout:
    case Code::request_total_timeout:
      return {504, "Gateway Timeout"};
    case Code::drain_timeout:
      return {503, "Service Unavailable"};
    case Code::misdirected:
      return {421, "Misdirected Request"};
    case Code::tls:
      return {500, "Internal Server Error"};
    default:
      break;
  }
  if (error.side == Side::client) return client_fault(error.code);
  if (error.side == Side::upstream) return {502, "Bad Gateway"};
  return {500, "Internal Server Error"};
}

pipeline::Response make_error_reply(pipeline::Exchange& x, const Error& error) {
  ErrorReply answer = error_reply(error);
  return x.reply(answer.status, answer.body);
}

}  // namespace fairlead::proxy
