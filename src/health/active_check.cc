#include "health/active_check.h"

#include <charconv>

namespace fairlead::health {
namespace {

constexpr std::string_view kGrpcMethod = "/grpc.health.v1.Health/Check";
// Uncompressed, no bytes: a HealthCheckRequest for the server as a whole.
constexpr std::string_view kGrpcQuestion{"\0\0\0\0\0", 5};
constexpr size_t kGrpcPrefix = 5;
constexpr int kServing = 1;
// Answers are thrown away; one this long is not a health check's.
constexpr size_t kMostBody = 1u << 20;

// The varint field 1 of the one message in `body`; -1 when there is none.
int serving_status(std::string_view body) {
  if (body.size() == kGrpcPrefix) return 0;  // an empty message: UNKNOWN
  if (body.size() < kGrpcPrefix + 2 || body[0] != 0 || body[kGrpcPrefix] != 0x08) return -1;
  return static_cast<unsigned char>(body[kGrpcPrefix + 1]);
}

std::optional<std::string> grpc_fault(const fetch::Response& answer) {
  if (answer.status != 200) return "status " + std::to_string(answer.status) + " instead of 200";
  std::string_view status = answer.header("grpc-status");
  if (status == "12") return "the server does not implement grpc.health.v1.Health";
  if (!status.empty() && status != "0") {
    std::string_view message = answer.header("grpc-message");
    return "grpc-status " + std::string(status) +
           (message.empty() ? "" : " (" + std::string(message) + ")");
  }
  int serving = serving_status(answer.body);
  if (serving == kServing) return std::nullopt;
  if (serving < 0) return "the answer is no HealthCheckResponse";
  return "the server says it is not SERVING";
}

}  // namespace

std::string base_url(const upstream::HealthTable::Entry& entry, std::string_view scheme,
                     uint16_t port) {
  if (scheme.empty()) scheme = entry.scheme;
  bool is_tls = scheme == "https";
  std::string url = is_tls ? "https://" : "http://";
  if (entry.scheme == "unix") return url + "localhost";
  bool is_v6 = entry.host.contains(':');
  url += is_v6 ? "[" + entry.host + "]" : entry.host;
  return url + ":" + std::to_string(port != 0 ? port : entry.port);
}

fetch::Request check_request(const upstream::HealthTable::Entry& entry) {
  const upstream::HealthCheck& check = *entry.check;
  fetch::Request request;
  if (entry.scheme == "unix") request.unix_socket = entry.host;
  std::string_view scheme = check.scheme.empty() ? entry.scheme : check.scheme;
  request.url = base_url(entry, scheme, check.port);
  request.connect_timeout = request.total_timeout = check.timeout;
  request.max_body_bytes = kMostBody;
  request.speaks_http2 = check.is_grpc || scheme == "h2c";
  // libcurl 7.88 fails on a cleartext HTTP/2 connection that it uses again.
  request.needs_fresh_connection = request.speaks_http2 && scheme != "https";
  request.headers = check.headers;
  request.tls = {check.tls.authorities, check.tls.certificate, check.tls.key,
                 check.tls.skips_verify};
  bool has_other_name = scheme == "https" && !check.tls.server_name.empty();
  if (has_other_name) {
    // The name is what the certificate is for; the connection goes to the server as ever.
    request.connect_to = request.url.substr(request.url.find("://") + 3);
    request.url = "https://" + check.tls.server_name + ":" +
                  std::to_string(check.port != 0 ? check.port : entry.port);
  }
  if (!check.hostname.empty()) request.headers.emplace_back("Host", check.hostname);
  if (check.is_grpc) {
    request.url += kGrpcMethod;
    request.method = "POST";
    request.body = kGrpcQuestion;
    request.headers.emplace_back("Content-Type", "application/grpc");
    request.headers.emplace_back("TE", "trailers");
    return request;
  }
  if (!check.method.empty()) request.method = check.method;
  request.follows_redirects = check.follows_redirects;
  if (!check.path.starts_with('/')) request.url += '/';
  request.url += check.path;
  return request;
}

std::optional<std::string> fault_of(const upstream::HealthCheck& check,
                                    const fetch::Outcome<fetch::Response>& answer) {
  if (!answer) return answer.error().text;
  if (check.is_grpc) return grpc_fault(*answer);
  int status = answer->status;
  bool is_well = check.status != 0 ? status == check.status : status >= 200 && status < 400;
  if (is_well) return std::nullopt;
  return "status " + std::to_string(status) +
         (check.status != 0 ? " instead of " + std::to_string(check.status) : "");
}

}  // namespace fairlead::health
