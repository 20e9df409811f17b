#include "routing/rule_parser.h"

#include <algorithm>

#include "routing/matchers/matcher_type.h"
#include "routing/rule_dialect.h"
#include "routing/rule_literal.h"
#include "routing/rule_names.h"

namespace fairlead::routing {

namespace {

using Kind = RuleNode::Kind;
using Parsed = std::expected<RuleNode, RuleError>;

std::unexpected<RuleError> fail(size_t position, std::string message) {
  return std::unexpected(RuleError{position, std::move(message)});
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_operator_word(std::string_view word) {
  std::string lower = to_lower(word);
  return lower == "and" || lower == "or" || lower == "not";
}

std::string operator_fault(const std::string& word) {
  return "\"" + word + "\" is not an operator; write &&, || or !";
}

std::string shown(char c) {
  auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7F) return std::string("\"") + c + "\"";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  return std::string("byte 0x") + kHex[byte >> 4] + kHex[byte & 15];
}

// Recursive descent: either := both ("||" both)*, both := unary ("&&" unary)*, unary := "!" unary |
// "(" either ")" | call.
class Parser {
 public:
  Parser(std::string_view rule, const Dialect& dialect) : rule_(rule), dialect_(dialect) {}

  Parsed parse() {
    if (rule_.size() > kMaxRuleBytes) return fail(kMaxRuleBytes, "rule is longer than 64 KiB");
    if (peek() == '\0' && at_ >= rule_.size()) return fail(0, "rule is empty");
    Parsed tree = parse_either(0);
    if (!tree) return tree;
    if (skip_blanks(); at_ < rule_.size()) return unexpected_rest();
    return tree;
  }

 private:
  Parsed parse_either(unsigned depth) { return parse_chain(Kind::either, '|', depth); }
  Parsed parse_both(unsigned depth) { return parse_chain(Kind::both, '&', depth); }

  Parsed parse_chain(Kind kind, char sign, unsigned depth) {
    RuleNode chain{.kind = kind, .name = {}, .arguments = {}, .operands = {}};
    do {
      Parsed operand = kind == Kind::either ? parse_both(depth) : parse_unary(depth);
      if (!operand) return operand;
      append_flat(chain, std::move(*operand));
      auto more = take_operator(sign);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
    } while (true);
    if (chain.operands.size() > 1) return chain;
    RuleNode only = std::move(chain.operands.front());
    return only;
  }

  // (a && b) && c is a && b && c: one form for equal rules.
  static void append_flat(RuleNode& chain, RuleNode operand) {
    if (operand.kind != chain.kind) {
      chain.operands.push_back(std::move(operand));
      return;
    }
    std::ranges::move(operand.operands, std::back_inserter(chain.operands));
  }

  Parsed parse_unary(unsigned depth) {
    if (depth > kMaxRuleDepth) return fail(at_, "rule is nested deeper than 200 levels");
    char c = peek();
    if (c == '!') {
      ++at_;
      Parsed operand = parse_unary(depth + 1);
      if (!operand) return operand;
      RuleNode node{.kind = Kind::negation, .name = {}, .arguments = {}, .operands = {}};
      node.operands.push_back(std::move(*operand));
      return node;
    }
    if (c == '(') return parse_parentheses(depth);
    if (is_letter(c)) return parse_call();
    if (at_ >= rule_.size()) return fail(at_, "rule ends where a matcher is expected");
    if (c == '\'' || c == '"' || c == '`')
      return fail(at_, "text outside of a matcher; write Host(`example.com`)");
    return fail(at_, "expected a matcher, ! or (, found " + shown(c));
  }

  Parsed parse_parentheses(unsigned depth) {
    size_t open = at_++;
    Parsed inner = parse_either(depth + 1);
    if (!inner) return inner;
    if (peek() == ')') {
      ++at_;
      return inner;
    }
    if (at_ >= rule_.size()) return fail(open, "this ( has no closing )");
    return unexpected_rest();
  }

  Parsed parse_call() {
    size_t start = at_;
    while (at_ < rule_.size() && (is_letter(rule_[at_]) || is_digit(rule_[at_]))) ++at_;
    RuleNode call{.kind = Kind::call,
                  .name = std::string(rule_.substr(start, at_ - start)),
                  .arguments = {},
                  .operands = {},
                  .position = start};
    const CallShape* shape = find_call(dialect_, call.name);
    if (!shape) return fail(start, unknown_matcher(call.name));
    if (peek() != '(') return fail(at_, "expected ( after " + call.name);
    auto arguments = parse_arguments(call.name);
    if (!arguments) return std::unexpected(arguments.error());
    call.arguments = std::move(*arguments);
    if (auto fault = arity_fault(*shape, call.arguments); !fault.empty()) return fail(start, fault);
    return call;
  }

  // From "(" to past ")". As in Go, a comma may stand before ")".
  std::expected<std::vector<std::string>, RuleError> parse_arguments(const std::string& name) {
    size_t open = at_++;
    std::vector<std::string> arguments;
    while (peek() != ')') {
      if (at_ >= rule_.size()) return fail(open, name + "( has no closing )");
      if (auto fault = argument_fault(name); !fault.empty()) return fail(at_, fault);
      auto literal = read_literal(rule_, at_);
      if (!literal) return std::unexpected(literal.error());
      arguments.push_back(std::move(literal->value));
      at_ = literal->end;
      char c = peek();
      if (c == ',') {
        ++at_;
      } else if (c != ')' && at_ < rule_.size()) {
        return fail(at_, "expected , or ) in the arguments of " + name + ", found " + shown(c));
      }
    }
    ++at_;
    return arguments;
  }

  // Why what stands here cannot be an argument; empty when it may.
  std::string argument_fault(const std::string& name) const {
    char c = rule_[at_];
    if (c == '`' || c == '"') return {};
    if (c == '\'') return "text in single quotes; write it in back-ticks: " + name + "(`…`)";
    if (is_letter(c) || is_digit(c) || c == '/' || c == '*' || c == '.') {
      return "text without quotes; write it in back-ticks: " + name + "(`…`)";
    }
    return "expected text in back-ticks, found " + shown(c);
  }

  std::string unknown_matcher(const std::string& name) const {
    if (is_operator_word(name)) return operator_fault(name);
    std::string message = "unknown matcher \"" + name.substr(0, 64) + "\"";
    std::vector<std::string_view> names;
    for (const CallShape& call : dialect_.calls) names.push_back(call.name);
    if (std::string_view near = nearest_name(name, names); !near.empty()) {
      return message + "; did you mean \"" + std::string(near) + "\"?";
    }
    if (&dialect_ == &dialect_v3() && find_call(dialect_v2(), name)) {
      return message + "; it belongs to the v2 rule syntax";
    }
    message += "; known are";
    for (std::string_view known : names)
      message += (known == names.front() ? " " : ", ") + std::string(known);
    return message;
  }

  std::string arity_fault(const CallShape& shape, const std::vector<std::string>& arguments) const {
    size_t count = arguments.size();
    if (count >= shape.min_arguments && count <= shape.max_arguments) return {};
    std::string name(shape.name), wanted = std::to_string(shape.min_arguments);
    if (shape.max_arguments == kManyArguments) {
      wanted += " or more";
    } else if (shape.max_arguments != shape.min_arguments) {
      wanted += " or " + std::to_string(shape.max_arguments);
    }
    std::string message = name + " takes " + wanted + (wanted == "1" ? " argument" : " arguments") +
                          ", found " + std::to_string(count);
    if (shape.max_arguments != 1 || count < 2) return message;
    return message + "; write " + call_text(name, std::span(arguments).first(1)) + " || " +
           call_text(name, std::span(arguments).subspan(1, 1));
  }

  // True after "&&" (or "||"), false when something else follows.
  std::expected<bool, RuleError> take_operator(char sign) {
    if (peek() != sign) return false;
    if (at_ + 1 < rule_.size() && rule_[at_ + 1] == sign) {
      at_ += 2;
      return true;
    }
    return fail(at_, std::string("single ") + sign + "; write " + sign + sign);
  }

  std::unexpected<RuleError> unexpected_rest() {
    char c = rule_[at_];
    if (c == ')') return fail(at_, "this ) closes nothing");
    if (c == ',') return fail(at_, "a comma between matchers; write && or ||");
    if (is_letter(c)) {
      size_t end = at_;
      while (end < rule_.size() && end - at_ < 64 && is_letter(rule_[end])) ++end;
      std::string word(rule_.substr(at_, end - at_));
      if (is_operator_word(word)) return fail(at_, operator_fault(word));
      return fail(at_, "expected && or || before \"" + word + "\"");
    }
    return fail(at_, "expected && or ||, found " + shown(c));
  }

  void skip_blanks() {
    while (at_ < rule_.size() && std::string_view(" \t\r\n").contains(rule_[at_])) ++at_;
  }
  // The next byte that is not blank, or NUL at the end.
  char peek() {
    skip_blanks();
    return at_ < rule_.size() ? rule_[at_] : '\0';
  }

  std::string_view rule_;
  const Dialect& dialect_;
  size_t at_ = 0;
};

}  // namespace

const Dialect& dialect_v3() {
  static const std::vector<CallShape> calls = [] {
    std::vector<CallShape> shapes;
    for (const MatcherType* type : all_matchers()) {
      shapes.push_back({type->name, type->min_arguments, type->max_arguments});
    }
    return shapes;
  }();
  static const Dialect dialect{calls, "v3"};
  return dialect;
}

const CallShape* find_call(const Dialect& dialect, std::string_view name) {
  for (const CallShape& call : dialect.calls) {
    if (is_spelling_of(name, call.name)) return &call;
  }
  return nullptr;
}

std::expected<RuleNode, RuleError> parse_rule_as(std::string_view rule, const Dialect& dialect) {
  return Parser(rule, dialect).parse();
}

std::expected<RuleNode, RuleError> parse_rule(std::string_view rule) {
  return parse_rule_as(rule, dialect_v3());
}

}  // namespace fairlead::routing
