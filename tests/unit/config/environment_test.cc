#include "config/environment.h"

#include <doctest/doctest.h>

using namespace fairlead::config;

namespace {

std::string tree_of(const Environment& environment) {
  Diagnostics out;
  std::string text = to_json(read_environment(environment, out));
  for (const Diagnostic& d : out) text += "\n" + d.text();
  return text;
}

}  // namespace

TEST_CASE("variables_become_options") {
  struct {
    const char *name, *value, *result;
  } cases[] = {
      {"TRAEFIK_ENTRYPOINTS_WEB_ADDRESS", ":80", R"({"entryPoints":{"web":{"address":":80"}}})"},
      {"FAIRLEAD_ENTRYPOINTS_WEB_ADDRESS", ":80", R"({"entryPoints":{"web":{"address":":80"}}})"},
      {"TRAEFIK_ENTRYPOINTS_webSecure_ADDRESS", ":1",
       R"({"entryPoints":{"webSecure":{"address":":1"}}})"},
      {"TRAEFIK_ENTRYPOINTS_WEB", "true", R"({"entryPoints":{"web":"true"}})"},
      // A name with "_": the longest known tail wins.
      {"TRAEFIK_ENTRYPOINTS_MY_WEB_ADDRESS", ":80",
       R"({"entryPoints":{"my_web":{"address":":80"}}})"},
      {"TRAEFIK_ENTRYPOINTS_MY_HTTP_TLS", "true",
       R"({"entryPoints":{"my":{"http":{"tls":"true"}}}})"},
      {"TRAEFIK_ENTRYPOINTS_A_HTTP_TLS_DOMAINS_1_MAIN", "x",
       R"({"entryPoints":{"a":{"http":{"tls":{"domains":[null,{"main":"x"}]}}}}})"},
      {"TRAEFIK_ENTRYPOINTS_A_HTTP_TLS_DOMAINS[0]_SANS", "x,y",
       R"({"entryPoints":{"a":{"http":{"tls":{"domains":[{"sans":"x,y"}]}}}}})"},
      {"TRAEFIK_PROVIDERS_DOCKER", "true", R"({"providers":{"docker":"true"}})"},
      {"TRAEFIK_PROVIDERS_DOCKER_EXPOSEDBYDEFAULT", "false",
       R"({"providers":{"docker":{"exposedByDefault":"false"}}})"},
      {"TRAEFIK_PROVIDERS_PROVIDERSTHROTTLEDURATION", "1s",
       R"({"providers":{"providersThrottleDuration":"1s"}})"},
      {"TRAEFIK_PROVIDERS_KUBERNETESINGRESS_INGRESSENDPOINT_IP", "1.2.3.4",
       R"({"providers":{"kubernetesIngress":{"ingressEndpoint":{"ip":"1.2.3.4"}}}})"},
      {"TRAEFIK_ACCESSLOG_FIELDS_HEADERS_NAMES_USER_AGENT", "keep",
       R"({"accessLog":{"fields":{"headers":{"names":{"user-agent":"keep"}}}}})"},
      {"FAIRLEAD_STATEDIR", "/s", R"({"stateDir":"/s"})"},
      {"TRAEFIK_CONFIGFILE", "/f", "null"},
      {"TRAEFIK_", "x", "null"},
      {"HOME", "/root", "null"},
      // Not ours, though the prefix fits.
      {"TRAEFIK_VERSION", "3.7", "null"},
      {"FAIRLEAD_API_SERVICE_HOST", "10.0.0.1", "null"},
      {"FAIRLEAD_API_PORT", "tcp://10.0.0.1:80", "null"},
      {"FAIRLEAD_METRICS_PORT_9100_TCP_ADDR", "10.0.0.1", "null"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(tree_of({{c.name, c.value}}) == c.result);
  }
}

TEST_CASE("wrong_variables_name_the_nearest") {
  struct {
    const char *name, *fault;
  } cases[] = {
      {"TRAEFIK_ENTRYPOINTS_WEB_ADRESS",
       "error: environment: TRAEFIK_ENTRYPOINTS_WEB_ADRESS: names no option; did you mean "
       "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS?"},
      {"FAIRLEAD_PROVIDERS_DOKCER_WATCH",
       "error: environment: FAIRLEAD_PROVIDERS_DOKCER_WATCH: names no option; did you mean "
       "FAIRLEAD_PROVIDERS_DOCKER_WATCH?"},
      {"TRAEFIK_LOG_BANANA", "error: environment: TRAEFIK_LOG_BANANA: names no option"},
      {"TRAEFIK_ENTRYPOINT_WEB_ADDRESS",
       "warning: environment: TRAEFIK_ENTRYPOINT_WEB_ADDRESS: names no option; did you mean "
       "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS?"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(tree_of({{c.name, "x"}}) == std::string("null\n") + c.fault);
  }
}

TEST_CASE("own_prefix_wins_over_the_other") {
  CHECK(tree_of({{"FAIRLEAD_LOG_LEVEL", "DEBUG"},
                 {"TRAEFIK_LOG_LEVEL", "INFO"},
                 {"TRAEFIK_LOG_FORMAT", "json"}}) ==
        R"({"log":{"format":"json","level":"DEBUG"}})");
  CHECK(config_file_of({{"FAIRLEAD_CONFIGFILE", "f"}, {"TRAEFIK_CONFIGFILE", "t"}}) == "f");
  CHECK(config_file_of({{"TRAEFIK_CONFIGFILE", "t"}}) == "t");
  Diagnostics none;
  Node tree = read_environment({{"TRAEFIK_LOG_LEVEL", "INFO"}}, none);
  CHECK(tree.find("log")->find("level")->origin == "environment TRAEFIK_LOG_LEVEL");
}
