// The parser of Expression: recursive descent, one method a rule of the grammar.
//
//   either     = both { "||" both }
//   both       = unary { "&&" unary }
//   unary      = "!" unary | "(" either ")" | comparison
//   comparison = call [ operator number ] | number operator call
#include <charconv>
#include <cmath>
#include <optional>

#include "http/message.h"
#include "middleware/expression.h"

namespace fairlead::middleware {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::span<const ExpressionFunction> functions)
      : text_(text), functions_(functions) {}

  std::expected<Expression, ExpressionFault> parse() {
    if (text_.size() > kMaxExpressionBytes) {
      refuse("is longer than " + std::to_string(kMaxExpressionBytes) + " bytes");
    } else {
      made_.root_ = either(0);
      skip_blanks();
      if (!fault_ && at_ < text_.size()) refuse("expected && or || here");
    }
    if (fault_) return std::unexpected(*fault_);
    return std::move(made_);
  }

 private:
  using Kind = Expression::Kind;
  using Operator = Expression::Operator;
  using Node = Expression::Node;

  // The first fault counts; what parsing yields after it is not looked at.
  void refuse(std::string message) {
    if (!fault_) fault_ = ExpressionFault{std::move(message), std::min(at_, text_.size())};
  }
  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  uint32_t add(Node node) {
    made_.nodes_.push_back(node);
    return static_cast<uint32_t>(made_.nodes_.size() - 1);
  }

  uint32_t either(int depth) {
    uint32_t left = both(depth);
    while (!fault_ && take("||")) {
      uint32_t right = both(depth);
      left = add({.kind = Kind::either, .left = left, .right = right});
    }
    return left;
  }
  uint32_t both(int depth) {
    uint32_t left = unary(depth);
    while (!fault_ && take("&&")) {
      uint32_t right = unary(depth);
      left = add({.kind = Kind::both, .left = left, .right = right});
    }
    return left;
  }
  uint32_t unary(int depth) {
    if (depth >= kMaxExpressionDepth) {
      refuse("is nested too deeply");
      return 0;
    }
    skip_blanks();
    if (!text_.substr(at_).starts_with("!=") && take("!")) {
      uint32_t of = unary(depth + 1);
      return add({.kind = Kind::negation, .left = of});
    }
    if (!take("(")) return comparison();
    uint32_t inner = either(depth + 1);
    if (!fault_ && !take(")")) refuse("expected ) here");
    return inner;
  }

  uint32_t comparison() {
    skip_blanks();
    if (at_ < text_.size() && is_letter(text_[at_])) {
      std::optional<uint32_t> made = call();
      if (!made) return 0;
      const ExpressionFunction& function = functions_[made_.calls_[*made].function];
      if (function.is_condition) return add({.kind = Kind::condition, .left = *made});
      std::optional<Operator> comparison = comparison_operator();
      if (!comparison) {
        refuse(std::string(function.name) +
               " must be compared with a number: expected >, >=, <, <=, == or != here");
        return 0;
      }
      double limit = number();
      return add(
          {.kind = Kind::compare, .comparison = *comparison, .left = *made, .number = limit});
    }
    double limit = number();
    if (fault_) return 0;
    std::optional<Operator> comparison = comparison_operator();
    if (!comparison) refuse("expected >, >=, <, <=, == or != here");
    std::optional<uint32_t> made = fault_ ? std::nullopt : call();
    if (!made) return 0;
    if (functions_[made_.calls_[*made].function].is_condition)
      refuse("is true or false and cannot be compared with a number");
    return add({.kind = Kind::compare,
                .comparison = mirrored(*comparison),
                .left = *made,
                .number = limit});
  }

  static Operator mirrored(Operator op) {
    switch (op) {
      case Operator::greater:
        return Operator::less;
      case Operator::greater_equal:
        return Operator::less_equal;
      case Operator::less:
        return Operator::greater;
      case Operator::less_equal:
        return Operator::greater_equal;
      case Operator::equal:
      case Operator::unequal:
        break;
    }
    return op;
  }

  std::optional<Operator> comparison_operator() {
    if (take(">=")) return Operator::greater_equal;
    if (take(">")) return Operator::greater;
    if (take("<=")) return Operator::less_equal;
    if (take("<")) return Operator::less;
    if (take("==")) return Operator::equal;
    if (take("!=")) return Operator::unequal;
    return std::nullopt;
  }

  std::optional<uint32_t> call() {
    skip_blanks();
    size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    std::string_view name = text_.substr(begin, at_ - begin);
    size_t function = find(name);
    if (function == functions_.size()) {
      at_ = begin;
      refuse(name.empty() ? "expected a function here; known are " + names()
                          : "unknown function \"" + std::string(name) + "\"; known are " + names());
      return std::nullopt;
    }
    Expression::Call made{function, {}, 0};
    if (!take("(")) refuse("expected ( here");
    while (!fault_ && !take(")")) {
      if (made.count != 0 && !take(",")) refuse("expected , or ) here");
      if (made.count == kMaxArguments) refuse("has too many arguments");
      if (!fault_) made.arguments[made.count++] = number();
    }
    const ExpressionFunction& known = functions_[function];
    if (!fault_ && made.count != known.arguments) {
      refuse(std::string(known.name) + " takes " + std::to_string(known.arguments) +
             " arguments, not " + std::to_string(made.count));
    }
    if (fault_) return std::nullopt;
    made_.calls_.push_back(made);
    return static_cast<uint32_t>(made_.calls_.size() - 1);
  }

  size_t find(std::string_view name) const {
    for (size_t i = 0; i < functions_.size(); ++i) {
      if (http::equals_ignore_case(functions_[i].name, name)) return i;
    }
    return functions_.size();
  }
  std::string names() const {
    std::string all;
    for (const ExpressionFunction& function : functions_)
      all += (all.empty() ? "" : ", ") + std::string(function.name);
    return all;
  }

  double number() {
    skip_blanks();
    std::string_view rest = text_.substr(at_);
    double value = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    bool is_number = error == std::errc() && std::isfinite(value) && !rest.empty() &&
                     (is_digit(rest[0]) || rest[0] == '.' || rest[0] == '-');
    if (!is_number) {
      refuse("expected a number here");
      return 0;
    }
    at_ += static_cast<size_t>(end - rest.data());
    return value;
  }

  std::string_view text_;
  std::span<const ExpressionFunction> functions_;
  size_t at_ = 0;
  Expression made_;
  std::optional<ExpressionFault> fault_;
};

std::expected<Expression, ExpressionFault> Expression::parse(
    std::string_view text, std::span<const ExpressionFunction> functions) {
  return ExpressionParser(text, functions).parse();
}

}  // namespace fairlead::middleware
