// The part of Go's template language that default rules are written in: {{ normalize .Name }},
// pipes, if/else with eq, index .Labels "k". Compiled once, rendered per container. Immutable; any
// thread.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::providers::docker {

// What a template can ask about a container.
struct TemplateModel {
  std::string name;                                  // .Name: the service name
  std::string container_name;                        // .ContainerName
  const std::map<std::string, std::string>& labels;  // .Labels; outlives the model
};

class RuleTemplate {
 public:
  // The unexpected value says what is wrong and where, for people.
  static std::expected<RuleTemplate, std::string> compile(std::string_view text);
  std::string render(const TemplateModel& model) const;

  struct Block;

 private:
  explicit RuleTemplate(std::shared_ptr<const Block> body) : body_(std::move(body)) {}
  std::shared_ptr<const Block> body_;
};

// Everything but letters and digits becomes "-", runs of them one, none at the ends: "web_demo" →
// "web-demo".
std::string normalize(std::string_view name);

}  // namespace fairlead::providers::docker
