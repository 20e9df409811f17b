#include "providers/docker/rule_template.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {
namespace {

std::string rendered(std::string_view text) {
  std::map<std::string, std::string> labels{{"zone", "EU"}, {"com.acme/x", "y"}, {"empty", ""}};
  auto compiled = RuleTemplate::compile(text);
  if (!compiled) return "fault: " + compiled.error();
  return compiled->render({"my-app", "My_App", labels});
}

}  // namespace

TEST_CASE("default_rules_render") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row kRows[] = {
      {"Host(`{{ normalize .Name }}`)", "Host(`my-app`)"},
      {"{{ .Name }}.{{ .ContainerName }}", "my-app.My_App"},
      {"{{.Name|upper}}", "MY-APP"},
      {"{{ .Name | trimPrefix \"my-\" | trimSuffix `p` }}", "ap"},
      {"{{ index .Labels \"com.acme/x\" }}", "y"},
      {"{{ index .Labels \"none\" }}", ""},
      {"{{ .Labels.zone | lower }}", "eu"},
      {"{{ .Labels.none | default \"dflt\" }}", "dflt"},
      {"{{ default \"a\" .Labels.zone }}", "EU"},
      {"{{ replace \"-\" \".\" .Name }}", "my.app"},
      {"{{ normalize (index .Labels \"zone\") }}", "EU"},
      {"{{ if eq .Labels.zone \"EU\" }}a{{ else }}b{{ end }}", "a"},
      {"{{ if eq .Labels.zone \"x\" \"EU\" }}a{{ end }}", "a"},
      {"{{ if ne .Labels.zone \"EU\" }}a{{ else if .Labels.zone }}b{{ else }}c{{ end }}", "b"},
      {"{{ if .Labels.empty }}a{{ end }}z", "z"},
      {"{{ if and .Labels.zone (not .Labels.empty) }}a{{ end }}", "a"},
      {"{{ if or .Labels.empty (hasPrefix \"my\" .Name) }}a{{ end }}", "a"},
      {"{{ if contains \"pp\" .Name }}{{ if hasSuffix \"q\" .Name }}1{{ else }}2{{ end }}{{ end }}",
       "2"},
      {"a {{- .Name -}} b", "amy-appb"},
      {"{{/* a note */}}x", "x"},
      {"{{ \"}}\" }}", "}}"},
      {"", ""},
      {"plain", "plain"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(rendered(row.text) == row.expected);
  }
}

TEST_CASE("what_templates_cannot_do_is_said") {
  struct Row {
    const char* text;
    const char* part;
  };
  const Row kRows[] = {
      {"{{ .Name ", "{{ without }}"},
      {"{{ env \"X\" }}", "the function \"env\""},
      {"{{ .Nam }}", "\".Nam\""},
      {"{{ range .Labels }}{{ end }}", "range"},
      {"{{ if .Name }}x", "without {{ end }}"},
      {"{{ end }}", "without an {{ if }}"},
      {"{{ if .Name }}a{{ else }}b{{ else }}c{{ end }}", "two {{ else }}"},
      {"{{ replace \"a\" }}", "wrong number"},
      {"{{ .Labels }}", "write index .Labels"},
      {"{{ lower .Labels }}", "write index .Labels"},
      {"{{ index .Name \"x\" }}", "write index .Labels"},
      {"{{ .Name .Name }}", "too much"},
      {"{{ .Name | \"x\" }}", "not a function"},
      {"{{ (.Name }}", "( without )"},
      {"{{ }}", "value is expected"},
      {"{{ \"a }}", "without }}"},
      {"{{ 1 }}", "function \"1\""},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    std::string seen = rendered(row.text);
    CHECK(seen.starts_with("fault: "));
    CHECK_MESSAGE(seen.find(row.part) != seen.npos, seen);
  }
}

TEST_CASE("deep_nesting_is_refused") {
  std::string text, brackets = "{{ ";
  for (int i = 0; i < 1000; ++i) {
    text += "{{ if .Name }}";
    brackets += "(";
  }
  CHECK(rendered(text).starts_with("fault: "));
  CHECK(rendered(brackets + "}}").starts_with("fault: "));
}

TEST_CASE("names_are_normalized") {
  CHECK(normalize("web_demo") == "web-demo");
  CHECK(normalize("--a..b__c--") == "a-b-c");
  CHECK(normalize("Grüße/x") == "Grüße-x");
  CHECK(normalize("...") == "");
}

}  // namespace fairlead::providers::docker
