#include "config/validate.h"

#include <doctest/doctest.h>

#include "config/references.h"
#include "config/server_url.h"
#include "support/config_case.h"
#include "support/golden.h"

namespace fairlead::config {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + word;
  return out;
}

std::string status_text(std::string_view word, const StatusMap& states) {
  std::string out;
  for (const auto& [object, status] : states) {
    out += std::string(word) + " " + object + ": " + std::string(name(status.state));
    if (!status.uses.empty()) out += ", on" + joined(status.uses);
    if (!status.used_by.empty()) out += ", used by" + joined(status.used_by);
    out += "\n";
  }
  return out;
}

// Stands in for the registries: a rule is wrong when it says so, and so is a middleware.
void set_checks(ValidateSettings& settings) {
  settings.internal_services = {"api@internal", "noop@internal"};
  settings.cert_resolvers = {"letsencrypt"};
  settings.check_rule = [](std::string_view rule, std::string_view) -> Fault {
    if (rule.contains("Hots")) return "unknown matcher \"Hots\"; did you mean \"Host\"?";
    return std::nullopt;
  };
  settings.check_tcp_rule = [](std::string_view rule, std::string_view, bool has_tls) -> Fault {
    if (!has_tls && rule.contains("secure")) return "needs tls";
    return std::nullopt;
  };
  settings.check_tcp_middleware = [](const std::string&, const OpaqueSpec& middleware,
                                     std::vector<std::string>& warnings) -> Fault {
    if (middleware.options.find("nonsense")) return "unknown type \"nonsense\"";
    if (middleware.options.find("ipWhiteList")) warnings.push_back("deprecated");
    return std::nullopt;
  };
  settings.check_strategy = [](std::string_view strategy) -> Fault {
    if (strategy != "wrr") return "unknown strategy \"" + std::string(strategy) + "\"";
    return std::nullopt;
  };
  settings.check_middleware = [](const std::string&, const MiddlewareSpec& middleware,
                                 std::vector<std::string>& warnings) -> Fault {
    if (is_middleware_type(middleware, "nonsense")) return "unknown type \"nonsense\"";
    if (middleware.options.find("doubtful")) warnings.push_back("doubtful");
    return std::nullopt;
  };
}

std::string validated(const std::string& input) {
  testing::ConfigCase given = testing::read_config_case(input);
  set_checks(given.validating);
  DynamicConfig config = given.merged();
  Validation result = validate(config, given.validating);
  complete_statuses(config.objects, result);
  return testing::text_of(config) + status_text("router", result.routers) +
         status_text("service", result.services) + status_text("middleware", result.middlewares) +
         status_text("TCP router", result.tcp_routers) +
         status_text("TCP service", result.tcp_services) +
         status_text("TCP middleware", result.tcp_middlewares) +
         status_text("UDP router", result.udp_routers) +
         status_text("UDP service", result.udp_services);
}

}  // namespace

TEST_CASE("validates_as_the_golden_files_say") {
  testing::check_golden_folder("validate", validated);
}

TEST_CASE("judges_server_urls") {
  for (const char* good : {"http://10.0.0.2", "https://a.example:8443/base?x=1", "h2c://[::1]:80",
                           "HTTP://name_with-marks:1", "http://h:65535"}) {
    INFO(good);
    CHECK_FALSE(fault_in_server_url(good));
  }
  for (const char* bad :
       {"", "10.0.0.2:80", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536",
        "http://a:", "http://a b", "http://[::1", "http://[1]:80", "http://user:pw@a",
        "http://a:+1", "http://a\n", "://a"}) {
    INFO(bad);
    CHECK(fault_in_server_url(bad));
  }
}

TEST_CASE("keeps_what_was_taken_out_for_the_api") {
  Objects objects;
  objects.routers["a@file"].rule = "Host(`a`)";
  DynamicConfig config{1, shared(std::move(objects)), {}};
  Validation result = validate(config, {});
  CHECK(config.objects.routers.empty());
  CHECK(result.rejected.routers.at("a@file").rule == "Host(`a`)");
  CHECK(result.routers.at("a@file").state == ObjectStatus::State::disabled);
  CHECK_FALSE(result.routers.at("a@file").errors.empty());
}

TEST_CASE("a_very_long_chain_of_services_is_refused_not_followed") {
  Objects objects;
  for (int i = 0; i < 50'000; ++i) {
    ServiceSpec& service = objects.services["s" + std::to_string(i) + "@file"];
    service.kind = ServiceSpec::Kind::weighted;
    service.services = {{"s" + std::to_string(i + 1) + "@file", 1}};
  }
  DynamicConfig config{1, shared(std::move(objects)), {}};
  Validation result = validate(config, {});
  CHECK(config.objects.services.empty());
  CHECK(result.rejected.services.size() == 50'000);
}

TEST_CASE("no_reference_of_what_remains_dangles") {
  // Every service refers to two others in a fixed pseudo-random pattern with holes and loops.
  Objects objects;
  uint32_t seed = 12345;
  auto next = [&] { return seed = seed * 1664525 + 1013904223; };
  for (int i = 0; i < 400; ++i) {
    ServiceSpec& service = objects.services["s" + std::to_string(i) + "@file"];
    if (i % 3 == 0) {
      service.load_balancer.servers = {{"http://a", 1, false, false}};
      continue;
    }
    service.kind = i % 3 == 1 ? ServiceSpec::Kind::weighted : ServiceSpec::Kind::failover;
    std::string one = "s" + std::to_string((next() >> 8) % 450) + "@file";
    std::string other = "s" + std::to_string((next() >> 8) % 450) + "@file";
    if (service.kind == ServiceSpec::Kind::weighted) {
      service.services = {{one, 1}, {other, 1}};
    } else {
      service.options.at("service") = Node::text(one);
      service.options.at("fallback") = Node::text(other);
    }
  }
  DynamicConfig config{1, shared(std::move(objects)), {}};
  Validation result = validate(config, {});
  CHECK(config.objects.services.size() > 100);
  std::map<std::string, int> height;
  std::function<int(const std::string&)> climb = [&](const std::string& service) {
    auto found = config.objects.services.find(service);
    REQUIRE(found != config.objects.services.end());
    REQUIRE(height[service] >= 0);  // not on the way already: no loop
    height[service] = -1;
    ServiceSpec copy = found->second;
    visit_names(copy, [&](Target, std::string& used) { climb(used); });
    height[service] = 1;
    return 1;
  };
  for (const auto& [service, spec] : config.objects.services) climb(service);
}

}  // namespace fairlead::config
