// The little language of circuitBreaker and buffering: comparisons of functions with numbers,
// joined by && and ||, negated by !, grouped by parentheses. && binds tighter than ||. Parsed once
// on the control thread, immutable and usable from any thread afterwards. Sans-I/O, pure.
//
//   NetworkErrorRatio() > 0.30 || LatencyAtQuantileMS(50.0) > 100
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::middleware {

inline constexpr size_t kMaxExpressionBytes = 4096;
inline constexpr int kMaxExpressionDepth = 64;
inline constexpr size_t kMaxArguments = 4;

// What an expression may ask for. Names are compared without case.
struct ExpressionFunction {
  std::string_view name;
  size_t arguments = 0;
  bool is_condition = false;  // true or false by itself; others must be compared with a number
};

// The values while an expression is judged.
class ExpressionFacts {
 public:
  virtual double value(size_t function, std::span<const double> arguments) const = 0;

 protected:
  ~ExpressionFacts() = default;
};

struct ExpressionFault {
  std::string message;
  size_t position = 0;  // byte
};

class Expression {
 public:
  struct Call {
    size_t function;  // in the list it was parsed with
    double arguments[kMaxArguments];
    size_t count;
  };

  // The functions are needed only while parsing.
  static std::expected<Expression, ExpressionFault> parse(
      std::string_view text, std::span<const ExpressionFunction> functions);

  bool holds(const ExpressionFacts& facts) const { return judge(root_, facts); }
  std::span<const Call> calls() const { return calls_; }

 private:
  friend class ExpressionParser;
  enum class Kind : uint8_t { both, either, negation, condition, compare };
  enum class Operator : uint8_t { greater, greater_equal, less, less_equal, equal, unequal };
  struct Node {
    Kind kind;
    Operator comparison = Operator::equal;
    uint32_t left = 0;   // a node, or a call
    uint32_t right = 0;  // a node
    double number = 0;   // what the call is compared with
  };

  bool judge(uint32_t node, const ExpressionFacts& facts) const;
  double value_of(uint32_t call, const ExpressionFacts& facts) const;

  std::vector<Node> nodes_;
  std::vector<Call> calls_;
  uint32_t root_ = 0;
};

}  // namespace fairlead::middleware
