#include "health/active_check.h"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::health;
using upstream::HealthCheck;
using upstream::HealthTable;

namespace {

HealthTable::Entry entry(const char* url, HealthCheck check) {
  upstream::Endpoint endpoint = *upstream::parse_endpoint(url, false);
  HealthTable::Entry made;
  made.service = "web@file";
  made.url = url;
  made.scheme = endpoint.scheme;
  made.host = endpoint.host;
  made.port = endpoint.port;
  made.check = std::make_shared<HealthCheck>(std::move(check));
  return made;
}

fetch::Outcome<fetch::Response> answer(int status, std::string body = {},
                                       std::string grpc_status = {}) {
  fetch::Response response;
  response.status = status;
  response.body = std::move(body);
  if (!grpc_status.empty()) response.headers.emplace_back("grpc-status", grpc_status);
  return response;
}

}  // namespace

TEST_CASE("a check asks what its keys say") {
  HealthCheck check;
  CHECK(check_request(entry("http://10.0.0.1:8080", check)).url == "http://10.0.0.1:8080/");
  CHECK(check_request(entry("http://[fd00::1]:80", check)).url == "http://[fd00::1]:80/");
  check.path = "/health?full=1";
  check.scheme = "https";
  check.port = 9000;
  check.hostname = "inner.example";
  check.method = "HEAD";
  check.headers = {{"X-Probe", "1"}};
  check.follows_redirects = false;
  check.timeout = io::Duration(700);
  fetch::Request request = check_request(entry("http://10.0.0.1:8080", check));
  CHECK(request.url == "https://10.0.0.1:9000/health?full=1");
  CHECK(request.method == "HEAD");
  CHECK(request.total_timeout == io::Duration(700));
  CHECK_FALSE(request.follows_redirects);
  REQUIRE(request.headers.size() == 2);
  CHECK(request.headers[0].first == "X-Probe");
  CHECK(request.headers[1] == std::pair<std::string, std::string>("Host", "inner.example"));
}

TEST_CASE("a Unix socket and cleartext HTTP/2 are checked as they are served") {
  HealthCheck check;
  check.path = "up";
  fetch::Request request = check_request(entry("unix:///run/app.sock", check));
  CHECK(request.unix_socket == "/run/app.sock");
  CHECK(request.url == "http://localhost/up");
  CHECK(check_request(entry("h2c://10.0.0.1:80", check)).speaks_http2);
}

TEST_CASE("gRPC asks grpc.health.v1 for the server as a whole") {
  HealthCheck check;
  check.is_grpc = true;
  check.path = "/ignored";
  fetch::Request request = check_request(entry("h2c://10.0.0.1:50051", check));
  CHECK(request.url == "http://10.0.0.1:50051/grpc.health.v1.Health/Check");
  CHECK(request.method == "POST");
  CHECK(request.speaks_http2);
  CHECK(request.body.size() == 5);
}

TEST_CASE("statuses from 200 to 399 are well, or exactly the one that is asked for") {
  HealthCheck check;
  for (int status : {200, 204, 302, 399}) CHECK_FALSE(fault_of(check, answer(status)));
  for (int status : {400, 404, 500, 503}) CHECK(fault_of(check, answer(status)));
  check.status = 418;
  CHECK_FALSE(fault_of(check, answer(418)));
  CHECK(fault_of(check, answer(200)) == "status 200 instead of 418");
  CHECK(fault_of(check, std::unexpected(fetch::Failure{{}, "no answer"})) == "no answer");
}

TEST_CASE("only SERVING is well for gRPC") {
  HealthCheck check;
  check.is_grpc = true;
  std::string prefix("\0\0\0\0\2", 5);
  CHECK_FALSE(fault_of(check, answer(200, prefix + "\x08\x01", "0")));
  CHECK(fault_of(check, answer(200, prefix + "\x08\x02", "0")));
  CHECK(fault_of(check, answer(200, std::string(5, '\0'), "0")));
  CHECK(fault_of(check, answer(200, "", "12")) ==
        "the server does not implement grpc.health.v1.Health");
  CHECK(fault_of(check, answer(200, "", "14")));
  CHECK(fault_of(check, answer(404)));
  CHECK(fault_of(check, answer(200, "nonsense", "0")));
}
