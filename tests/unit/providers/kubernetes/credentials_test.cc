#include "providers/kubernetes/credentials.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "providers/kubernetes/exec_plugin.h"
#include "support/control_loop.h"
#include "support/temp_dir.h"

namespace fairlead::providers::kubernetes {
namespace {

using testing::TempDir;

std::string header(const fetch::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

// What a request to /x looks like, once the credentials are there; or why they are not.
std::expected<fetch::Request, std::string> request_with(Credentials& credentials) {
  testing::ControlLoop loop;
  std::expected<fetch::Request, std::string> made = std::unexpected("nothing");
  bool is_done = false;
  auto run = [](Credentials& c, std::expected<fetch::Request, std::string>& out,
                bool& done) -> io::Task<void> {
    auto refreshed = co_await c.refresh();
    if (refreshed) {
      fetch::Request request;
      request.url = "/x";
      c.apply(request);
      out = request;
    } else {
      out = std::unexpected(refreshed.error());
    }
    done = true;
  };
  loop.scope().spawn(run(credentials, made, is_done));
  REQUIRE(loop.until([&] { return is_done; }));
  return made;
}

TEST_CASE("a_pod_uses_its_service_account") {
  TempDir folder;
  folder.write("token", "abc\n");
  folder.write("namespace", "edge");
  folder.write("ca.crt", "CA");
  Environment environment{
      {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "6443"}}, folder.path()};
  auto access = find_access({}, environment);
  REQUIRE(access);
  CHECK(access->server == "https://[fd00::1]:6443");
  CHECK(access->space == "edge");
  CHECK(access->tls.ca == folder.path("ca.crt"));
  Credentials credentials(*access);
  auto request = request_with(credentials);
  REQUIRE(request);
  CHECK(header(*request, "Authorization") == "Bearer abc");
  // A rotated token counts at once when the server refuses the old one.
  folder.write("token", "def\n");
  credentials.expire();
  CHECK(header(*request_with(credentials), "Authorization") == "Bearer def");
}

TEST_CASE("nowhere_to_go_is_said") {
  auto access = find_access({}, {{{"HOME", "/nonexistent"}}, "/nonexistent"});
  REQUIRE_FALSE(access);
  CHECK(access.error().contains("KUBECONFIG"));
}

TEST_CASE("a_kubeconfig_names_server_user_and_namespace") {
  TempDir folder;
  folder.write("first",
               "current-context: dev\nclusters:\n- name: c\n  cluster: {server: 'https://a:1/', "
               "certificate-authority: ca.pem, tls-server-name: inner}\n");
  folder.write("second",
               "current-context: other\ncontexts:\n- {name: dev, context: {cluster: c, user: u, "
               "namespace: n}}\nusers:\n- name: u\n  user: {client-certificate-data: Q0VSVA==, "
               "client-key: key.pem, as: root, as-groups: [g]}\n");
  Environment environment{{{"KUBECONFIG", folder.path("first") + ":" + folder.path("missing") +
                                              ":" + folder.path("second")}},
                          "/nonexistent"};
  auto access = find_access({}, environment);
  REQUIRE_MESSAGE(access, access.error());
  CHECK(access->server == "https://a:1");
  CHECK(access->tls.ca == folder.path("ca.pem"));
  CHECK(access->tls.cert == "CERT");
  CHECK(access->tls.key == folder.path("key.pem"));
  CHECK(access->space == "n");
  Credentials credentials(*access);
  auto request = request_with(credentials);
  REQUIRE(request);
  CHECK(request->url == "https://inner:1/x");
  CHECK(request->connect_to == "a:1");
  CHECK(header(*request, "Impersonate-User") == "root");
}

TEST_CASE("an_exec_plugin_is_run_and_its_failures_are_told") {
  TempDir folder;
  folder.write("plugin", "#!/bin/sh\necho run >> " + folder.path("runs") +
                             "\necho '{\"status\":{\"token\":\"'$1-$MODE'\"}}'\n");
  REQUIRE(::chmod(folder.path("plugin").c_str(), 0700) == 0);
  Access access;
  access.server = "https://a";
  access.exec.emplace();
  access.exec->command = folder.path("plugin");
  access.exec->arguments = {"first"};
  access.exec->environment = {{"MODE", "x"}};
  Credentials credentials(access);
  auto request = request_with(credentials);
  REQUIRE_MESSAGE(request, request.error());
  CHECK(header(*request, "Authorization") == "Bearer first-x");
  CHECK(header(*request_with(credentials), "Authorization") == "Bearer first-x");
  CHECK(folder.read("runs") == "run\n");
  access.exec->command = "/nonexistent/plugin";
  access.exec->install_hint = "install it";
  Credentials missing(access);
  auto failed = request_with(missing);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().contains("No such file"));
  CHECK(failed.error().contains("install it"));
}

TEST_CASE("times_of_credentials_are_read") {
  auto noon = parse_time("2026-08-01T12:00:00Z");
  REQUIRE(noon);
  CHECK(parse_time("2026-08-01T14:00:00+02:00") == noon);
  CHECK(parse_time("2026-08-01T12:00:00.123456Z") == noon);
  CHECK_FALSE(parse_time("soon"));
  CHECK_FALSE(parse_exec_credential("{}"));
  CHECK_FALSE(parse_exec_credential(R"({"status":{"token":"a","expirationTimestamp":"soon"}})"));
}

}  // namespace
}  // namespace fairlead::providers::kubernetes
