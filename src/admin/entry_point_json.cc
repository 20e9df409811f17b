// An entry point as Traefik's API shows it: what is at its default and would be left out there is
// left out here.
#include "admin/json.h"

namespace fairlead::admin {
namespace {

Json words(const std::vector<std::string>& list) { return Json(list); }

Json forwarded_headers(const config::ForwardedHeaders& headers) {
  Json out = Json::object();
  if (headers.is_insecure) out["insecure"] = true;
  if (!headers.trusted_ips.empty()) out["trustedIPs"] = words(headers.trusted_ips);
  if (!headers.connection.empty()) out["connection"] = words(headers.connection);
  if (headers.not_append_x_forwarded_for) out["notAppendXForwardedFor"] = true;
  return out;
}

Json tls(const config::RouterTlsSpec& tls) {
  config::RouterSpec carrier;
  carrier.tls = tls;
  Json out = shown(config::encode(carrier));
  return out.value("tls", Json::object());
}

Json redirection(const config::EntryPointRedirect& redirect) {
  return {{"entryPoint",
           {{"to", redirect.to},
            {"scheme", redirect.scheme},
            {"permanent", redirect.is_permanent},
            {"priority", redirect.priority}}}};
}

Json http(const config::EntryPointHttp& http) {
  Json out{{"maxHeaderBytes", http.max_header_bytes}, {"sanitizePath", http.sanitizes_path}};
  const auto& redirect = http.redirections.entry_point;
  if (redirect) out["redirections"] = redirection(*redirect);
  if (!http.middlewares.empty()) out["middlewares"] = words(http.middlewares);
  if (http.tls) out["tls"] = tls(*http.tls);
  if (http.encodes_query_semicolons) out["encodeQuerySemicolons"] = true;
  const config::EncodedCharacters& escapes = http.encoded_characters;
  out["encodedCharacters"] = {{"allowEncodedSlash", escapes.allows_slash},
                              {"allowEncodedBackSlash", escapes.allows_back_slash},
                              {"allowEncodedNullCharacter", escapes.allows_null_character},
                              {"allowEncodedSemicolon", escapes.allows_semicolon},
                              {"allowEncodedPercent", escapes.allows_percent},
                              {"allowEncodedQuestionMark", escapes.allows_question_mark},
                              {"allowEncodedHash", escapes.allows_hash}};
  return out;
}

Json transport(const config::EntryPointTransport& transport) {
  Json life{{"requestAcceptGraceTimeout",
             config::to_text(transport.life_cycle.request_accept_grace_timeout)}};
  const auto& grace = transport.life_cycle.grace_timeout;
  if (grace) life["graceTimeOut"] = config::to_text(*grace);
  Json timeouts = Json::object();
  const config::RespondingTimeouts& set = transport.responding_timeouts;
  if (set.read) timeouts["readTimeout"] = config::to_text(*set.read);
  if (set.write) timeouts["writeTimeout"] = config::to_text(*set.write);
  if (set.idle) timeouts["idleTimeout"] = config::to_text(*set.idle);
  Json out{{"lifeCycle", life}, {"respondingTimeouts", timeouts}};
  if (transport.keep_alive_max_requests != 0) {
    out["keepAliveMaxRequests"] = transport.keep_alive_max_requests;
  }
  if (transport.keep_alive_max_time.count() != 0) {
    out["keepAliveMaxTime"] = config::to_text(transport.keep_alive_max_time);
  }
  return out;
}

}  // namespace

Json shown(const config::EntryPoint& entry_point) {
  Json out{{"address", entry_point.address},
           {"forwardedHeaders", forwarded_headers(entry_point.forwarded_headers)},
           {"http", http(entry_point.http)},
           {"http2", {{"maxConcurrentStreams", entry_point.http2.max_concurrent_streams}}},
           {"transport", transport(entry_point.transport)},
           {"udp", {{"timeout", config::to_text(entry_point.udp.timeout)}}}};
  if (entry_point.is_default) out["asDefault"] = true;
  if (entry_point.reuses_port) out["reusePort"] = true;
  if (entry_point.allows_acme_bypass) out["allowACMEByPass"] = true;
  if (entry_point.http3) {
    out["http3"] = Json::object();
    if (entry_point.http3->advertised_port != 0)
      out["http3"]["advertisedPort"] = entry_point.http3->advertised_port;
  }
  if (entry_point.proxy_protocol) {
    out["proxyProtocol"] = Json::object();
    if (entry_point.proxy_protocol->is_insecure) out["proxyProtocol"]["insecure"] = true;
    if (!entry_point.proxy_protocol->trusted_ips.empty()) {
      out["proxyProtocol"]["trustedIPs"] = words(entry_point.proxy_protocol->trusted_ips);
    }
  }
  return out;
}

}  // namespace fairlead::admin
