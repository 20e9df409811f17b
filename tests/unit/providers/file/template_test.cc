#include "providers/file/template.h"

#include <doctest/doctest.h>

namespace fairlead::providers::file {
namespace {

Environment fake_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOST") return "a.example";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
}

}  // namespace

TEST_CASE("renders_the_supported_actions") {
  struct Row {
    std::string_view text, rendered;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"", ""},
           {"plain { text }", "plain { text }"},
           {"a: {{ env \"HOST\" }}!", "a: a.example!"},
           {"{{env `HOST`}}", "a.example"},
           {"{{ env \"EMPTY\" }}", ""},
           {"{{ normalize \"My App_1\" }}", "My-App-1"},
           {"{{ env \"HOST\" | normalize }}", "a-example"},
           {"{{ \"HOST\" | env }}", "a.example"},
           {"{{ \"}} {{\" }}", "}} {{"},
           {"{{ \"a\\\"b\" }}", "a\"b"},
           {"{{ `{{` }}", "{{"},
           {"a{{/* a comment */}}b", "ab"},
           {"a \n {{- \"x\" -}} \n b", "axb"},
       }) {
    INFO(row.text);
    config::Diagnostics diagnostics;
    CHECK(render_template(row.text, "file:x", fake_environment(), diagnostics) ==
          std::string(row.rendered));
    CHECK(diagnostics.empty());
  }
}

TEST_CASE("refuses_other_actions_and_names_the_line") {
  for (const char* text :
       {"\n\n{{ range $i, $e := until 3 }}", "\n\n{{ .Name }}", "\n\n{{ env }}",
        "\n\n{{ env HOST }}", "\n\n{{ }}", "\n\n{{ \"a\" \"b\" }}", "\n\n{{ upper \"a\" }}",
        "\n\n{{ env \"A", "\n\n{{ \"a\" | }}", "\n\n{{ env \"A\" }"}) {
    INFO(text);
    config::Diagnostics diagnostics;
    CHECK_FALSE(render_template(text, "file:x.yml", fake_environment(), diagnostics));
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics[0].severity == config::Severity::error);
    CHECK(diagnostics[0].source == "file:x.yml:3");
  }
}

TEST_CASE("an_unset_variable_is_empty_with_a_warning") {
  config::Diagnostics diagnostics;
  CHECK(render_template("a{{ env \"GONE\" }}b", "f", fake_environment(), diagnostics) == "ab");
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].text() == "warning: f:1: the environment variable GONE is not set");
}

TEST_CASE("normalizes_like_label_names") {
  CHECK(normalize("whoami_demo") == "whoami-demo");
  CHECK(normalize("--a..b--") == "a-b");
  CHECK(normalize("") == "");
  CHECK(normalize("...") == "");
  CHECK(normalize("caf\xc3\xa9 1") == "caf\xc3\xa9-1");
}

}  // namespace fairlead::providers::file
