#include "middleware/redirect.h"

#include <algorithm>

namespace fairlead::middleware {
namespace {

bool stands_in_url(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\';
}

std::string_view escaped_url(Arena& arena, std::string_view url) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  auto bad = std::count_if(url.begin(), url.end(), [](char c) { return !stands_in_url(c); });
  if (bad == 0) return url;
  size_t bytes = url.size() + 2 * static_cast<size_t>(bad);
  char* out = arena.take_chars(bytes);
  char* at = out;
  for (char c : url) {
    if (stands_in_url(c)) {
      *at++ = c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    *at++ = '%';
    *at++ = kHexDigits[byte >> 4];
    *at++ = kHexDigits[byte & 15];
  }
  return {out, bytes};
}

bool is_own_port(std::string_view scheme, std::string_view port) {
  return (scheme == "http" && port == ":80") || (scheme == "https" && port == ":443");
}

}  // namespace

std::string_view connection_scheme(const pipeline::Exchange& x) {
  return x.is_tls ? "https" : "http";
}

UrlParts url_of(pipeline::Exchange& x, std::string_view scheme) {
  const http::RequestHead& request = x.request;
  UrlParts parts{scheme, request.authority, {}, request.path};
  size_t colon = parts.host.rfind(':');
  size_t bracket = parts.host.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    parts.port = parts.host.substr(colon);
    parts.host = parts.host.substr(0, colon);
  }
  if (parts.port == ":" || is_own_port(scheme, parts.port)) parts.port = {};
  if (request.has_query) parts.target = x.arena.join(request.path, "?", request.query);
  return parts;
}

std::string_view join_url(Arena& arena, const UrlParts& parts) {
  return arena.join(parts.scheme, "://", parts.host, parts.port, parts.target);
}

pipeline::Response redirect(pipeline::Exchange& x, std::string_view location, Permanence permanence,
                            unsigned wanted) {
  bool is_get = x.request.method == http::Method::get;
  bool is_permanent = permanence == Permanence::permanent;
  unsigned status = is_permanent ? (is_get ? 301 : 308) : (is_get ? 302 : 307);
  if (wanted != 0) status = wanted;
  pipeline::Response response = x.reply_with_reason(status);
  response.head->headers.set(http::FieldId::location, escaped_url(x.arena, location));
  return response;
}

unsigned read_redirect_status(config::Reader& options) {
  int64_t status = 0;
  if (!options.read("statusCode", status)) return 0;
  if (status >= 300 && status <= 308) return static_cast<unsigned>(status);
  options.error("statusCode", "expects a status from 300 to 308");
  return 0;
}

}  // namespace fairlead::middleware
