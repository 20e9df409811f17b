#include "config/flags.h"

#include <doctest/doctest.h>

using namespace fairlead::config;

namespace {

std::string tree_of(const std::vector<std::string>& arguments) {
  Diagnostics out;
  Flags flags = read_flags(arguments, out);
  std::string text = to_json(flags.tree);
  for (const std::string& argument : flags.arguments) text += " " + argument;
  for (const Diagnostic& d : out) text += "\n" + d.text();
  return text;
}

}  // namespace

TEST_CASE("flags_become_options") {
  struct {
    std::vector<std::string> arguments;
    const char* result;
  } cases[] = {
      {{}, "null"},
      {{"--entryPoints.Web.address=:80"}, R"({"entryPoints":{"Web":{"address":":80"}}})"},
      {{"--ENTRYPOINTS.web.ADDRESS", ":80"}, R"({"entryPoints":{"web":{"address":":80"}}})"},
      {{"-log.level", "debug"}, R"({"log":{"level":"debug"}})"},
      {{"--ping", "--api"}, R"({"ping":"true","api":"true"})"},
      {{"--api.insecure", "rest"}, R"({"api":{"insecure":"true"}} rest)"},
      {{"--api.insecure=false"}, R"({"api":{"insecure":"false"}})"},
      {{"--workers=4"}, R"({"workers":"4"})"},
      {{"--log.filePath="}, R"({"log":{"filePath":""}})"},
      {{"--entrypoints.web", "--entrypoints.web.address=:1"},
       R"({"entryPoints":{"web":{"address":":1"}}})"},
      {{"--providers.docker.watch=false", "--providers.docker"},
       R"({"providers":{"docker":{"watch":"false"}}})"},
      {{"--providers.precedence=a,b", "--providers.precedence=c"},
       R"({"providers":{"precedence":["a","b","c"]}})"},
      {{"--providers.precedence[0]=a,b", "--providers.precedence[1]=c"},
       R"({"providers":{"precedence":["a,b","c"]}})"},
      {{"--entrypoints.a.http.tls.domains[1].main=x"},
       R"({"entryPoints":{"a":{"http":{"tls":{"domains":[null,{"main":"x"}]}}}}})"},
      {{"--metrics.prometheus.headerlabels.Team=X-Team"},
       R"({"metrics":{"prometheus":{"headerLabels":{"Team":"X-Team"}}}})"},
      {{"--certificatesresolvers.le.acme.email", "a@b", "--ping"},
       R"({"certificatesResolvers":{"le":{"acme":{"email":"a@b"}}},"ping":"true"})"},
      {{"--providers.kubernetesingress.nativeLBByDefault", "--ping"},
       R"({"providers":{"kubernetesIngress":{"nativeLBByDefault":"true"}},"ping":"true"})"},
      {{"--", "--ping", "x"}, "null --ping x"},
      {{"a", "-", "b"}, "null a - b"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.result);
    CHECK(tree_of(c.arguments) == c.result);
  }
}

TEST_CASE("wrong_flags_name_the_nearest") {
  struct {
    std::vector<std::string> arguments;
    const char* fault;
  } cases[] = {
      {{"--entrypoint.web.address=:80"},
       "error: flag --entrypoint.web.address: there is no option \"entrypoint\" here; did you mean "
       "\"entryPoints\"?"},
      {{"--entrypoints.web.adress=:80"},
       "error: flag --entrypoints.web.adress: there is no option \"adress\" here; did you mean "
       "\"address\"?"},
      {{"--log.level"}, "error: flag --log.level: needs a value"},
      {{"--log.level", "--ping=false"}, nullptr},
      {{"--log..level=x"}, "error: flag --log..level: a name is missing between two dots"},
      {{"--log[0]=x"}, "error: flag --log[0]: is not a list"},
      {{"--providers.precedence[0=x"},
       "error: flag --providers.precedence[0: a \"[\" has no \"]\""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.arguments[0]);
    std::string expected = c.fault ? std::string("null\n") + c.fault
                                   : "{\"ping\":\"false\"}\nerror: flag --log.level: needs a value";
    CHECK(tree_of(c.arguments) == expected);
  }
}

TEST_CASE("config_file_and_help_are_no_options") {
  Diagnostics none;
  std::vector<std::string> words{"-configFile", "/a", "--help"};
  Flags flags = read_flags(words, none);
  CHECK(flags.config_file == "/a");
  CHECK(flags.wants_help);
  CHECK(flags.tree.is_null());
  words = {"--CONFIGFILE=/b", "--ping"};
  flags = read_flags(words, none);
  CHECK(flags.config_file == "/b");
  CHECK(flags.tree.find("ping")->origin == "flag --ping");
  CHECK(none.empty());
}
