// What an entry point consists of: one line an option with its key and meaning. A visitor decodes,
// encodes or lists it (static_fields.h).
#pragma once

#include <concepts>
#include <type_traits>

#include "config/entry_point.h"

namespace fairlead::config {

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

template <class V, Is<DomainSpec> T>
void fields(V& v, T& t) {
  v.value("main", t.main, "main name of the certificate");
  v.value("sans", t.sans, "its other names");
}

template <class V, Is<RouterTlsSpec> T>
void fields(V& v, T& t) {
  v.value("options", t.options, "name of the TLS options; empty: `default`");
  v.value("certResolver", t.cert_resolver, "name of a certificate resolver");
  v.items("domains", t.domains, "what the resolver asks certificates for");
}

template <class V, Is<ForwardedHeaders> T>
void fields(V& v, T& t) {
  v.value("insecure", t.is_insecure, "keep `X-Forwarded-*` of any client");
  v.ips("trustedIPs", t.trusted_ips, "addresses and networks whose `X-Forwarded-*` are kept");
  v.value("connection", t.connection,
          "headers that may be listed in `Connection` and still reach the middlewares");
  v.value("notAppendXForwardedFor", t.not_append_x_forwarded_for,
          "do not append the client's address to `X-Forwarded-For`");
  v.value("addXForwardedSchemeHeaders", t.adds_x_forwarded_scheme_headers,
          "also send `X-Forwarded-Scheme` and `X-Scheme`");
}

template <class V, Is<ProxyProtocol> T>
void fields(V& v, T& t) {
  v.value("insecure", t.is_insecure, "believe the PROXY header of any peer");
  v.ips("trustedIPs", t.trusted_ips, "addresses and networks whose PROXY header is believed");
}

template <class V, Is<EntryPointRedirect> T>
void fields(V& v, T& t) {
  v.value("to", t.to, "where to: the name of an entry point, or `:port`");
  v.value("scheme", t.scheme, "scheme of the target");
  v.value("permanent", t.is_permanent, "301 or 308 instead of 302 or 307");
  v.value("priority", t.priority, "priority of the redirecting router");
}

template <class V, Is<Redirections> T>
void fields(V& v, T& t) {
  v.optional("entryPoint", t.entry_point, "redirect everything to another entry point");
}

template <class V, Is<EncodedCharacters> T>
void fields(V& v, T& t) {
  v.value("allowEncodedSlash", t.allows_slash, "accept `%2F` in a path; false answers 400");
  v.value("allowEncodedBackSlash", t.allows_back_slash, "the same for `%5C`");
  v.value("allowEncodedNullCharacter", t.allows_null_character, "the same for `%00`");
  v.value("allowEncodedSemicolon", t.allows_semicolon, "the same for `%3B`");
  v.value("allowEncodedPercent", t.allows_percent, "the same for `%25`");
  v.value("allowEncodedQuestionMark", t.allows_question_mark, "the same for `%3F`");
  v.value("allowEncodedHash", t.allows_hash, "the same for `%23`");
}

template <class V, Is<EntryPointHttp> T>
void fields(V& v, T& t) {
  v.section("redirections", t.redirections, "redirections for the whole entry point");
  v.value("middlewares", t.middlewares,
          "qualified names (`auth@file`) in front of those of every router");
  v.optional("tls", t.tls, "TLS for every router that has no `tls` of its own");
  v.section("encodedCharacters", t.encoded_characters, "which escapes a path may hold");
  v.value("encodeQuerySemicolons", t.encodes_query_semicolons,
          "send `;` in a query on as `%3B` instead of `&`");
  v.value("sanitizePath", t.sanitizes_path,
          "collapse `//` and resolve `.` and `..` before routing; false is dangerous");
  v.number("maxHeaderBytes", t.max_header_bytes, 1, 1 << 30,
           "largest header section of a request; above: 431");
  v.word("underscoreHeadersStrategy", t.underscore_headers_strategy, {"keep", "delete", "reject"},
         "headers with `_` in their name: keep, delete, or answer 400");
}

template <class V, Is<EntryPointHttp2> T>
void fields(V& v, T& t) {
  v.number("maxConcurrentStreams", t.max_concurrent_streams, 1, 1'000'000,
           "requests of one connection at a time");
  v.number("maxDecoderHeaderTableSize", t.max_decoder_header_table_size, 0, 1 << 24,
           "HPACK table for received headers, in bytes");
  v.number("maxEncoderHeaderTableSize", t.max_encoder_header_table_size, 0, 1 << 24,
           "HPACK table for sent headers, in bytes");
}

template <class V, Is<EntryPointHttp3> T>
void fields(V& v, T& t) {
  v.number("advertisedPort", t.advertised_port, 0, 65535,
           "port named in `Alt-Svc`; 0: the entry point's");
}

template <class V, Is<EntryPointUdp> T>
void fields(V& v, T& t) {
  v.value("timeout", t.timeout, "a UDP session ends after so long without a datagram");
}

template <class V, Is<EntryPointObservability> T>
void fields(V& v, T& t) {
  v.value("accessLogs", t.has_access_logs, "access log lines, unless a router says otherwise");
  v.value("metrics", t.has_metrics, "metrics, unless a router says otherwise");
  v.value("tracing", t.has_tracing, "traces, unless a router says otherwise");
  v.word("traceVerbosity", t.trace_verbosity, {"minimal", "detailed"},
         "server and client spans only, or one for each router, middleware and service");
}

template <class V, Is<RespondingTimeouts> T>
void fields(V& v, T& t) {
  v.value("readTimeout", t.read,
          "whole request with its body; unset: `limits.clientHeader` and `limits.clientIdle`");
  v.value("writeTimeout", t.write,
          "whole response; unset: `limits.clientWrite` between two writes");
  v.value("idleTimeout", t.idle, "between two requests; unset: `limits.keepalive`");
}

template <class V, Is<LifeCycle> T>
void fields(V& v, T& t) {
  v.value("requestAcceptGraceTimeout", t.request_accept_grace_timeout,
          "keep accepting so long after SIGTERM");
  v.value("graceTimeOut", t.grace_timeout, "then wait so long for requests; unset: `limits.drain`");
}

template <class V, Is<EntryPointTransport> T>
void fields(V& v, T& t) {
  v.section("respondingTimeouts", t.responding_timeouts, "timeouts towards clients");
  v.section("lifeCycle", t.life_cycle, "how the entry point stops");
  v.number("keepAliveMaxRequests", t.keep_alive_max_requests, 0, 1LL << 40,
           "requests of one connection before it is closed; 0: no limit");
  v.value("keepAliveMaxTime", t.keep_alive_max_time, "age of a connection before it is closed");
}

template <class V, Is<EntryPoint> T>
void fields(V& v, T& t) {
  v.value("address", t.address,
          "where to listen: `[host]:port[/tcp|/udp]` or `unix:/path`; several with commas");
  v.value("socketMode", t.socket_mode, "who may connect to a Unix socket: octal permissions");
  v.value("asDefault", t.is_default,
          "serve routers without `entryPoints`; with none set, every TCP entry point does");
  v.value("reusePort", t.reuses_port, "let other processes listen on the same port");
  v.value("allowACMEByPass", t.allows_acme_bypass,
          "let routers answer ACME challenges that no resolver owns");
  v.section("forwardedHeaders", t.forwarded_headers, "whose `X-Forwarded-*` headers count");
  v.optional("proxyProtocol", t.proxy_protocol, "accept the PROXY protocol, versions 1 and 2");
  v.section("http", t.http, "what holds for all HTTP routers of the entry point");
  v.section("http2", t.http2, "HTTP/2 limits");
  v.optional("http3", t.http3, "HTTP/3 on the same port; accepted, not served yet");
  v.section("udp", t.udp, "UDP sessions");
  v.section("observability", t.observability, "defaults for the routers of the entry point");
  v.section("transport", t.transport, "timeouts and shutdown");
}

}  // namespace fairlead::config
