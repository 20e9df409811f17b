#include "providers/docker/docker_client.h"

#include <cerrno>
#include <charconv>
#include <utility>

#include "providers/docker/engine_json.h"

namespace fairlead::providers::docker {

namespace {

using fetch::Failure;
using fetch::Outcome;

// Older ones lack what is read here; 1.24 is Docker 1.12.
constexpr int kOldestMinor = 24;

// {"type":["container","network"],"event":[…]}, for the query. "health_status" also stands for
// "health_status: …".
constexpr std::string_view kEventFilters =
    "%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%2C%22event%22%3A%5B"
    "%22create%22%2C%22start%22%2C%22restart%22%2C%22die%22%2C%22destroy%22%2C%22remove%22%2C"
    "%22kill%22%2C%22pause%22%2C%22unpause%22%2C%22rename%22%2C%22update%22%2C"
    "%22health_status%22%2C%22connect%22%2C%22disconnect%22%5D%7D";

struct Version {
  int major = 0, minor = 0;
};

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const char* end = text.data() + text.size();
  auto [dot, error] = std::from_chars(text.data(), end, version.major);
  if (error != std::errc() || dot == end || *dot != '.') return std::nullopt;
  auto [rest, minor_error] = std::from_chars(dot + 1, end, version.minor);
  if (minor_error != std::errc() || rest != end) return std::nullopt;
  return version;
}

Failure bad_answer(const std::string& what, std::string why) {
  return {{.code = Code::io, .side = Side::upstream}, what + ": " + std::move(why)};
}

Failure bad_status(const std::string& what, int status, std::string_view body) {
  return bad_answer(
      what, "the Engine answered " + std::to_string(status) + ": " + parse_error_message(body));
}

void add_advice(Failure& failure, const Endpoint& endpoint) {
  if (endpoint.unix_socket.empty()) return;
  if (failure.error.os == EACCES) {
    failure.text += " (Fairlead's user must be allowed to use the socket: add it to its group)";
  } else if (failure.error.os == ENOENT || failure.error.os == ECONNREFUSED) {
    failure.text += " (is Docker running, and is the socket mounted into Fairlead's container?)";
  }
}

}  // namespace

DockerClient::DockerClient(ClientOptions options, fetch::Client& fetch)
    : options_(std::move(options)),
      fetch_(fetch),
      endpoint_(parse_endpoint(options_.endpoint, options_.tls.has_value())) {}

fetch::Request DockerClient::request(std::string path) const {
  fetch::Request request;
  request.url = endpoint_->base_url + path;
  request.unix_socket = endpoint_->unix_socket;
  request.username = options_.username;
  request.password = options_.password;
  if (options_.tls) request.tls = *options_.tls;
  if (options_.timeout > io::Duration::zero()) request.total_timeout = options_.timeout;
  return request;
}

io::Task<Outcome<fetch::Response>> DockerClient::get(std::string path, io::Scope& scope) {
  if (!endpoint_) co_return std::unexpected(bad_answer(options_.endpoint, endpoint_.error()));
  fetch::Request asked = request(std::move(path));
  auto response = co_await fetch_.send(std::move(asked), scope);
  if (!response) {
    Failure failure = std::move(response.error());
    add_advice(failure, *endpoint_);
    co_return std::unexpected(std::move(failure));
  }
  co_return response;
}

io::Task<Outcome<std::string>> DockerClient::negotiate(io::Scope& scope) {
  auto response = co_await get("/_ping", scope);
  if (!response) co_return std::unexpected(response.error());
  if (!response->is_success()) {
    co_return std::unexpected(bad_status("/_ping", response->status, response->body));
  }
  std::string text(response->header("Api-Version"));
  auto version = parse_version(text);
  if (!version) {  // a proxy may drop the header; paths without a version mean the Engine's newest
    version_prefix_.clear();
    co_return std::string("unknown");
  }
  if (version->major < 1 || (version->major == 1 && version->minor < kOldestMinor)) {
    co_return std::unexpected(
        bad_answer("/_ping", "the Engine speaks API " + text + "; Fairlead needs 1." +
                                 std::to_string(kOldestMinor) + " or newer (Docker 1.12)"));
  }
  version_prefix_ = "/v" + text;
  co_return text;
}

io::Task<Outcome<std::vector<Container>>> DockerClient::list(io::Scope& scope) {
  auto response = co_await get(version_prefix_ + "/containers/json?all=1", scope);
  if (!response) co_return std::unexpected(response.error());
  if (!response->is_success()) {
    co_return std::unexpected(bad_status("/containers/json", response->status, response->body));
  }
  std::string why;
  auto containers = parse_container_list(response->body, why);
  if (!containers) co_return std::unexpected(bad_answer("/containers/json", why));
  co_return std::move(*containers);
}

io::Task<Outcome<std::optional<Container>>> DockerClient::inspect(std::string id,
                                                                  io::Scope& scope) {
  std::string path = "/containers/" + id + "/json";
  auto response = co_await get(version_prefix_ + path, scope);
  if (!response) co_return std::unexpected(response.error());
  if (response->status == 404) co_return std::optional<Container>();
  if (!response->is_success()) {
    co_return std::unexpected(bad_status(path, response->status, response->body));
  }
  std::string why;
  auto container = parse_inspected(response->body, why);
  if (!container) co_return std::unexpected(bad_answer(path, why));
  co_return container;
}

io::Task<Outcome<std::unique_ptr<fetch::LineStream>>> DockerClient::events(io::Scope& scope) {
  fetch::Request asked = request(version_prefix_ + "/events?filters=" + std::string(kEventFilters));
  auto stream = co_await fetch_.open_lines(std::move(asked), scope);
  if (!stream) co_return std::unexpected(stream.error());
  if ((*stream)->status() != 200) {
    io::Timeout patience{io::Duration(1000), Code::upstream_idle_timeout, Side::upstream};
    auto message = co_await (*stream)->next_line(patience, scope);
    std::string body = message && *message ? **message : std::string();
    co_return std::unexpected(bad_status("/events", (*stream)->status(), body));
  }
  co_return stream;
}

}  // namespace fairlead::providers::docker
