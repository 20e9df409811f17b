// The v2 rule language (deprecated): its matcher names, and their translation to v3. Lists become
// ||, templates become regular expressions, so that everything after parsing knows one language
// only.
#include <algorithm>
#include <vector>

#include "routing/mux_template.h"
#include "routing/rule_dialect.h"
#include "routing/rule_literal.h"

namespace fairlead::routing {

namespace {

using Kind = RuleNode::Kind;
using Translated = std::expected<RuleNode, std::string>;

constexpr CallShape kCallsV2[] = {
    {"Host", 1, kManyArguments},       {"HostHeader", 1, kManyArguments},
    {"HostRegexp", 1, kManyArguments}, {"Path", 1, kManyArguments},
    {"PathPrefix", 1, kManyArguments}, {"Headers", 2, 2},
    {"HeadersRegexp", 2, 2},           {"Method", 1, kManyArguments},
    {"Query", 1, kManyArguments},      {"ClientIP", 1, kManyArguments},
};

RuleNode make_call(std::string_view name, std::vector<std::string> arguments) {
  RuleNode call;
  call.name = name;
  call.arguments = std::move(arguments);
  return call;
}

Translated host_regexp(const std::string& host) {
  if (!has_template(host)) return make_call("Host", {host});
  auto expression = expression_of(host, "[^.]+");
  if (!expression) return std::unexpected(expression.error());
  return make_call("HostRegexp", {"(?i)" + *expression + "$"});
}

Translated path(const std::string& text, std::string_view v3_name, std::string_view end) {
  if (!text.starts_with('/'))
    return std::unexpected(std::string(v3_name) + " " + quote_literal(text) + " must start with /");
  if (!has_template(text)) return make_call(v3_name, {text});
  auto expression = expression_of(text, "[^/]+");
  if (!expression) return std::unexpected(expression.error());
  return make_call("PathRegexp", {*expression + std::string(end)});
}

// "key=value"; an empty value means any.
Translated query(const std::string& pair) {
  size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) {
    return std::unexpected("Query " + quote_literal(pair) + " must have the form key=value");
  }
  std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
  if (value.empty()) return make_call("QueryRegexp", {key, "^"});
  if (!has_template(value)) return make_call("Query", {key, value});
  auto expression = expression_of(value, ".*");
  if (!expression) return std::unexpected(expression.error());
  return make_call("QueryRegexp", {key, *expression + "$"});
}

Translated one_argument(std::string_view name, const std::string& argument) {
  if (name == "HostRegexp") return host_regexp(argument);
  if (name == "Path") return path(argument, "Path", "$");
  if (name == "PathPrefix") return path(argument, "PathPrefix", "");
  if (name == "Query") return query(argument);
  if (name == "HostHeader") return make_call("Host", {argument});
  return make_call(name, {argument});
}

std::expected<RuleNode, RuleError> translate_call(const RuleNode& call) {
  std::string_view name = find_call(dialect_v2(), call.name)->name;
  if (name == "Headers" || name == "HeadersRegexp") {
    RuleNode node = make_call(name == "Headers" ? "Header" : "HeaderRegexp", call.arguments);
    node.position = call.position;
    return node;
  }
  RuleNode list;
  list.kind = name == "Query"
                  ? Kind::both
                  : Kind::either;  // Why: gorilla/mux wants every query pair, any of the rest
  for (const std::string& argument : call.arguments) {
    auto node = one_argument(name, argument);
    if (!node) return std::unexpected(RuleError{call.position, node.error()});
    node->position = call.position;
    list.operands.push_back(std::move(*node));
  }
  if (list.operands.size() > 1) return list;
  RuleNode only = std::move(list.operands.front());
  return only;
}

}  // namespace

const Dialect& dialect_v2() {
  static constexpr Dialect dialect{kCallsV2, "v2"};
  return dialect;
}

std::expected<RuleNode, RuleError> translate_v2(const RuleNode& node) {
  if (node.kind == Kind::call) return translate_call(node);
  RuleNode translated;
  translated.kind = node.kind;
  for (const RuleNode& operand : node.operands) {
    auto part = translate_v2(operand);
    if (!part) return part;
    if (part->kind == node.kind && node.kind != Kind::negation) {
      std::ranges::move(part->operands, std::back_inserter(translated.operands));
    } else {
      translated.operands.push_back(std::move(*part));
    }
  }
  return translated;
}

}  // namespace fairlead::routing
