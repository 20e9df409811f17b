#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "admin/services.h"
#include "config/merge.h"
#include "unit/admin/request.h"

namespace fairlead::admin {
namespace {

using namespace std::chrono_literals;
using testing::ask;

constexpr WallTime kNow{1700000000s};  // 2023-11-14T22:13:20Z

constexpr std::string_view kDocker = R"(
http:
  routers:
    app:
      entryPoints: [web, websecure]
      rule: Host(`app.example`)
      service: app
      middlewares: [auth, prefix@file]
      tls: {}
    broken:
      rule: Host(`broken.example`)
      service: nowhere
      priority: 9007199254740993
  services:
    app:
      loadBalancer:
        servers: [{url: "http://10.0.0.2:80"}, {url: "http://10.0.0.3:80"}]
        healthCheck: {path: /health}
    both:
      weighted: {services: [{name: app, weight: 3}]}
  middlewares:
    auth:
      basicAuth:
        users: ["ann:$apr1$hash", "bob:{SHA}hash"]
        removeHeader: true
    limit:
      rateLimit: {average: 100, period: 1m, burst: "50"}
tcp:
  routers:
    db: {rule: HostSNI(`*`), service: db, entryPoints: [web]}
  services:
    db: {loadBalancer: {servers: [{address: "10.0.0.9:5432"}]}}
)";

constexpr std::string_view kFile = R"(
http:
  routers:
    slash/name:
      rule: PathPrefix(`/s`)
      service: app@docker
      entryPoints: [web]
  middlewares:
    prefix: {addPrefix: {prefix: /toto}}
    heads:
      headers:
        customRequestHeaders: {X-Flag: "true", X-Count: "7", Authorization: "Basic c2VjcmV0"}
        stsSeconds: 15552000
        forceSTSHeader: true
    forward:
      forwardAuth: {address: "http://auth", tls: {key: "-----BEGIN PRIVATE KEY-----x", cert: /c.pem}}
)";

config::Fragment fragment(const char* provider, std::string_view yaml) {
  config::Fragment made;
  made.provider = provider;
  auto document = config::parse_yaml(yaml, provider, made.diagnostics);
  made.objects = config::decode_dynamic(document, provider, made.diagnostics);
  return made;
}

View example_view() {
  auto docker = fragment("docker", kDocker);
  auto file = fragment("file", kFile);
  const config::Fragment* fragments[] = {&docker, &file};
  config::DynamicConfig merged = config::merge(fragments, {});
  config::ValidateSettings rules;
  rules.entry_points = {"web", "websecure"};
  View view;
  view.validation = config::validate(merged, rules);
  view.version = 12;
  view.published_at = kNow;
  view.objects = std::move(merged.objects);
  view.diagnostics = std::move(merged.diagnostics);
  view.entry_points["web"].address = ":80";
  view.entry_points["web"].forwarded_headers.trusted_ips = {"10.0.0.0/8"};
  view.entry_points["web"].http.redirections.entry_point.emplace().to = "websecure";
  view.entry_points["websecure"].address = ":443";
  view.entry_points["websecure"].http.tls.emplace().options = "modern@file";
  view.providers = {{"docker", true, "connected", ""}, {"kubernetes", true, "lost", "timed out"}};
  view.features = {"", "Prometheus", true};
  CertificateInfo certificate;
  certificate.fingerprint = "ab12";
  certificate.public_key_fingerprint = "cd34";
  certificate.sans = {"app.example"};
  certificate.common_name = "app.example";
  certificate.issuer_org = "Example CA";
  certificate.serial_number = "4711";
  certificate.key_type = "ECDSA";
  certificate.key_size = 256;
  certificate.signature_algorithm = "ECDSA-SHA256";
  certificate.not_before = kNow;
  certificate.not_after = WallTime(1s);  // long ago
  view.certificates = {certificate};
  view.changes = {
      {kNow, "docker", {"router app@docker"}, {"service old@docker"}, {"middleware auth@docker"}}};
  return view;
}

struct Server {
  PublishedState state{[](const std::string&, const std::string& url) -> std::optional<bool> {
    if (url == "http://10.0.0.3:80") return false;
    return std::nullopt;
  }};
  Service api;

  explicit Server(std::string base_path = "/") {
    state.publish(example_view());
    api = make_api(state, {.base_path = std::move(base_path),
                           .version = "0.1.0",
                           .codename = "fairlead",
                           .started_at = kNow,
                           .dashboard_name = {}});
  }
};

// tests/golden/admin/NAME.txt: the request target, ----------, status, next page and the JSON,
// indented.
void check_golden(const std::string& name, const std::string& target) {
  Server server;
  auto answer = ask(*server.api, target);
  CHECK(answer.type == "application/json");
  CHECK(answer.length == answer.body.size());
  std::string whole = target + "\n----------\n" + std::to_string(answer.status);
  if (!answer.next_page.empty()) whole += " X-Next-Page: " + answer.next_page;
  auto body = nlohmann::json::parse(answer.body, nullptr, false);
  REQUIRE_FALSE(body.is_discarded());
  whole += "\n" + body.dump(1) + "\n";
  std::string path = std::string(FAIRLEAD_GOLDEN_DIR) + "/admin/" + name + ".txt";
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE") != nullptr) std::ofstream(path) << whole;
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();
  CHECK_MESSAGE(expected.str() == whole, name);
}

std::string names(const testing::Answer& answer) {
  std::string out;
  for (const auto& element : nlohmann::json::parse(answer.body)) {
    if (!out.empty()) out += ' ';
    out += element["name"].get<std::string>();
  }
  return out;
}

}  // namespace

TEST_CASE("api_pages_have_traefiks_shapes") {
  const std::pair<const char*, const char*> kPages[] = {
      {"version", "/api/version"},
      {"overview", "/api/overview"},
      {"rawdata", "/api/rawdata"},
      {"entrypoints", "/api/entrypoints"},
      {"entrypoint", "/api/entrypoints/web"},
      {"http_routers", "/api/http/routers"},
      {"http_router", "/api/http/routers/app%40docker"},
      {"http_services", "/api/http/services"},
      {"http_middlewares", "/api/http/middlewares"},
      {"tcp_routers", "/api/tcp/routers"},
      {"tcp_services", "/api/tcp/services"},
      {"udp_services", "/api/udp/services"},
      {"certificates", "/api/certificates"},
      {"certificate", "/api/certificates/ab12"},
      {"diagnostics", "/api/v1/diagnostics"},
      {"changes", "/api/v1/changes"},
      {"router_missing", "/api/http/routers/none%40docker"},
      {"entrypoint_missing", "/api/entrypoints/none"},
      {"page_beyond", "/api/http/routers?page=2"},
      {"page_bad", "/api/http/routers?per_page=x"},
      {"unknown", "/api/nothing"},
  };
  for (const auto& [name, target] : kPages) check_golden(name, target);
}

TEST_CASE("api_lists_are_searched_filtered_sorted_and_paged") {
  Server server;
  auto list = [&](const char* target) { return names(ask(*server.api, target)); };
  CHECK(list("/api/http/routers") == "app@docker broken@docker slash/name@file");
  CHECK(list("/api/http/routers?search=APP.EX") == "app@docker");
  CHECK(list("/api/http/routers?search=slash%2Fname") == "slash/name@file");
  CHECK(list("/api/http/routers?status=disabled") == "broken@docker");
  CHECK(list("/api/http/routers?serviceName=app%40docker") == "app@docker slash/name@file");
  CHECK(list("/api/http/routers?middlewareName=prefix%40file") == "app@docker");
  CHECK(list("/api/http/routers?direction=desc") == "slash/name@file broken@docker app@docker");
  CHECK(list("/api/http/routers?sortBy=priority") == "slash/name@file app@docker broken@docker");
  CHECK(list("/api/http/routers?sortBy=entryPoints&direction=desc").starts_with("app@docker"));
  CHECK(list("/api/http/services?sortBy=servers") == "both@docker app@docker");
  CHECK(list("/api/http/middlewares?sortBy=type") ==
        "prefix@file auth@docker forward@file heads@file limit@docker");
  CHECK(list("/api/certificates?search=example+ca") == "ab12");
  auto page = ask(*server.api, "/api/http/routers?page=1&per_page=2");
  CHECK(names(page) == "app@docker broken@docker");
  CHECK(page.next_page == "2");
  page = ask(*server.api, "/api/http/routers?page=2&per_page=2");
  CHECK(names(page) == "slash/name@file");
  CHECK(page.next_page == "1");
  CHECK(ask(*server.api, "/api/http/routers?page=4294967295&per_page=4294967295").status == 400);
}

TEST_CASE("api_ids_may_hold_escaped_slashes") {
  Server server;
  auto answer = ask(*server.api, "/api/http/routers/slash%2Fname%40file");
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body)["name"] == "slash/name@file");
}

TEST_CASE("api_never_shows_password_hashes_or_keys") {
  Server server;
  for (const char* page : {"/api/rawdata", "/api/http/middlewares"}) {
    std::string body = ask(*server.api, page).body;
    CHECK(body.find("hash") == body.npos);
    CHECK(body.find("PRIVATE KEY") == body.npos);
    CHECK(body.find("c2VjcmV0") == body.npos);
    CHECK(body.find("ann:****") != body.npos);
  }
}

TEST_CASE("api_is_read_only_and_answers_head_without_a_body") {
  Server server;
  auto refused = ask(*server.api, "/api/version", http::Method::post);
  CHECK(refused.status == 405);
  CHECK(refused.allow == "GET, HEAD");
  auto head = ask(*server.api, "/api/version", http::Method::head);
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.length == ask(*server.api, "/api/version").body.size());
}

TEST_CASE("api_lives_below_its_base_path") {
  Server server("/admin/");
  CHECK(ask(*server.api, "/admin/api/version").status == 200);
  CHECK(ask(*server.api, "/api/version").status == 404);
}

TEST_CASE("api_of_an_empty_view_is_whole") {
  PublishedState state;
  auto api = make_api(state, {});
  for (const char* page : {"/api/overview", "/api/rawdata", "/api/http/routers", "/api/entrypoints",
                           "/api/certificates", "/api/v1/diagnostics", "/api/v1/changes"}) {
    CHECK(ask(*api, page).status == 200);
  }
  CHECK(ask(*api, "/api/rawdata").body == "{}\n");
  CHECK(ask(*api, "/api/http/routers").body == "[]\n");
}

}  // namespace fairlead::admin
