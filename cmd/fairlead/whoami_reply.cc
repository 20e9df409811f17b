#include "cmd/fairlead/whoami_reply.h"

#include <algorithm>
#include <cctype>

#include "config/node.h"
#include "config/reader.h"

namespace fairlead::command {
namespace {

constexpr int64_t kMostFiller = 1LL << 34;  // a size by mistake should not run for hours
constexpr int64_t kLongestWaitMs = 600'000;

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The value of `key` in the query of `target`, or "".
std::string_view query(std::string_view target, std::string_view key) {
  size_t at = target.find('?');
  std::string_view rest = at == target.npos ? "" : target.substr(at + 1);
  while (!rest.empty()) {
    size_t end = std::min(rest.find('&'), rest.size());
    std::string_view pair = rest.substr(0, end);
    if (pair.starts_with(key) && pair.substr(key.size()).starts_with('=')) {
      return pair.substr(key.size() + 1);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

std::string description(const WhoamiRequest& request, const WhoamiHost& host) {
  std::string out;
  if (!host.name.empty()) out += "Name: " + host.name + "\n";
  out += "Hostname: " + host.hostname + "\n";
  for (const std::string& address : host.addresses) out += "IP: " + address + "\n";
  out += "RemoteAddr: " + request.peer + "\n";
  out += request.method + " " + request.target + " " + request.version + "\n";
  for (const auto& [name, value] : request.headers) out += name + ": " + value + "\n";
  return out + "\n";
}

std::string json_description(const WhoamiRequest& request, const WhoamiHost& host) {
  config::Node out;
  out.at("hostname") = config::Node::string(host.hostname);
  config::Node& addresses = out.at("ip") = config::Node::list();
  for (const std::string& address : host.addresses) {
    addresses.items.push_back(config::Node::string(address));
  }
  config::Node& headers = out.at("headers") = config::Node::map();
  for (const auto& [name, value] : request.headers) {
    config::Node& values = headers.at(name);
    if (!values.is_list()) values = config::Node::list();
    values.items.push_back(config::Node::string(value));
  }
  out.at("url") = config::Node::string(request.target);
  out.at("host") = config::Node::string(std::string(request.header("Host")));
  out.at("method") = config::Node::string(request.method);
  if (!host.name.empty()) out.at("name") = config::Node::string(host.name);
  out.at("remoteAddr") = config::Node::string(request.peer);
  return config::to_json(out);
}

WhoamiReply filler(std::string_view target) {
  int64_t unit = 1;
  std::string_view name = query(target, "unit");
  if (equals_without_case(name, "KB")) unit = 1 << 10;
  if (equals_without_case(name, "MB")) unit = 1 << 20;
  if (equals_without_case(name, "GB")) unit = 1 << 30;
  auto size = config::parse_integer(query(target, "size")).value_or(0);
  if (size < 0 || size > kMostFiller / unit) return {400, "text/plain", "size is out of range\n"};
  return {.content_type = "application/octet-stream", .body = "", .filler_bytes = size * unit};
}

WhoamiReply health_reply(const WhoamiRequest& request, int& health) {
  if (request.method == "POST") {
    auto status = config::parse_integer(query(request.target, "status")).value_or(0);
    if (status < 200 || status > 599) return {400, "text/plain", "give status=200 to 599\n"};
    health = static_cast<int>(status);
  }
  return {.status = health, .body = ""};
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

std::string_view WhoamiRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (equals_without_case(known, name)) return value;
  }
  return "";
}

bool WhoamiRequest::keeps_alive() const {
  std::string_view connection = header("Connection");
  if (version == "HTTP/1.0") return equals_without_case(connection, "keep-alive");
  return !equals_without_case(connection, "close");
}

bool parse_whoami_head(std::string_view head, WhoamiRequest& out) {
  size_t end = std::min(head.find("\r\n"), head.size());
  std::string_view line = head.substr(0, end);
  size_t first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.version = line.substr(last + 1);
  if (!out.version.starts_with("HTTP/1.")) return false;
  head.remove_prefix(std::min(end + 2, head.size()));
  while (!head.empty()) {
    end = std::min(head.find("\r\n"), head.size());
    line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.empty()) break;
    size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return false;
    out.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  out.is_chunked = equals_without_case(out.header("Transfer-Encoding"), "chunked");
  std::string_view length = out.header("Content-Length");
  if (!length.empty()) out.content_length = config::parse_integer(length).value_or(-1);
  return out.content_length >= 0;
}

WhoamiReply whoami_reply(const WhoamiRequest& request, const WhoamiHost& host, int& health) {
  std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path == "/bench") return {.body = "1"};
  if (path == "/data") return filler(request.target);
  if (path == "/health") return health_reply(request, health);
  if (path == "/api") {
    return {.content_type = "application/json", .body = json_description(request, host)};
  }
  WhoamiReply reply{.body = description(request, host)};
  if (auto wait = config::parse_duration(query(request.target, "wait"))) {
    reply.wait_ms = std::clamp<int64_t>(wait->count(), 0, kLongestWaitMs);
  }
  return reply;
}

std::string whoami_head(const WhoamiReply& reply, bool keeps_alive) {
  int64_t length =
      reply.filler_bytes > 0 ? reply.filler_bytes : static_cast<int64_t>(reply.body.size());
  return "HTTP/1.1 " + std::to_string(reply.status) + " " + std::string(reason(reply.status)) +
         "\r\nContent-Type: " + reply.content_type +
         "\r\nContent-Length: " + std::to_string(length) +
         (keeps_alive ? "" : "\r\nConnection: close") + "\r\n\r\n";
}

}  // namespace fairlead::command
