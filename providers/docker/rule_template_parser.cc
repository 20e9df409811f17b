#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "providers/docker/rule_template_parts.h"

namespace fairlead::providers::docker {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::string_view kLabelsAdvice = "uses .Labels alone; write index .Labels \"key\"";

struct Function {
  std::string_view name;
  size_t min_operands, max_operands;
};

constexpr std::array<Function, 18> kFunctions{{
    {"normalize", 1, 1},
    {"trimPrefix", 2, 2},
    {"trimSuffix", 2, 2},
    {"trim", 1, 1},
    {"replace", 3, 3},
    {"lower", 1, 1},
    {"upper", 1, 1},
    {"default", 2, 2},
    {"index", 2, 2},
    {"eq", 2, 8},
    {"ne", 2, 2},
    {"not", 1, 1},
    {"and", 1, 8},
    {"or", 1, 8},
    {"contains", 2, 2},
    {"hasPrefix", 2, 2},
    {"hasSuffix", 2, 2},
    {"quote", 1, 1},
}};

const Function* find_function(std::string_view name) {
  auto found = std::ranges::find(kFunctions, name, &Function::name);
  return found == kFunctions.end() ? nullptr : &*found;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Thrown away with the first fault: every parse function leaves `fault` set and returns something
// harmless.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  RuleTemplate::Block parse() {
    RuleTemplate::Block block;
    std::string stop = parse_block(block, 0);
    if (fault_.empty() && !stop.empty()) fail("{{ " + stop + " }} without an {{ if }}");
    return block;
  }
  const std::string& fault() const { return fault_; }

 private:
  void fail(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
    at_ = text_.size();
  }

  // Reads pieces until the end or an "else" or "end", which it returns.
  std::string parse_block(RuleTemplate::Block& block, int depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    while (at_ < text_.size()) {
      size_t open = std::min(text_.find("{{", at_), text_.size());
      std::string literal(text_.substr(at_, open - at_));
      if (trims_next_) literal.erase(0, leading_space(literal));
      trims_next_ = false;
      at_ = open;
      bool is_action = at_ < text_.size();
      if (is_action && text_.substr(at_).starts_with("{{- ")) {
        while (!literal.empty() && is_space(literal.back())) literal.pop_back();
      }
      if (!literal.empty()) block.pieces.push_back({std::move(literal)});
      if (!is_action) break;
      std::string stop = parse_action(block, depth);
      if (!stop.empty()) return stop;
    }
    return {};
  }

  // At "{{". Returns the keyword that ends the block, if this is one.
  std::string parse_action(RuleTemplate::Block& block, int depth) {
    size_t start = at_ + 2;
    size_t end = action_end(start);
    if (end == text_.npos) {
      fail("has {{ without }}");
      return {};
    }
    std::string_view inside = text_.substr(start, end - start);
    at_ = end + 2;
    if (inside.starts_with("- ")) inside.remove_prefix(2);
    if (inside.ends_with(" -")) {
      inside.remove_suffix(2);
      trims_next_ = true;
    }
    action_ = inside;
    if (inside.starts_with("/*")) return {};
    std::string keyword = peek_word();
    if (keyword == "end" || keyword == "else") {
      take_word();
      return keyword;
    }
    if (keyword == "if") {
      take_word();
      parse_if(block, depth);
    } else if (keyword == "range" || keyword == "with" || keyword == "define" ||
               keyword == "template" || keyword == "block") {
      fail("{{ " + keyword + " }} is not supported; only if, else and end are");
    } else {
      Expression output = parse_pipeline(0);
      expect_end();
      block.pieces.push_back({std::move(output)});
    }
    return {};
  }

  // Where "}}" is, not counting the ones inside quotes.
  size_t action_end(size_t from) const {
    char quote = 0;
    for (size_t i = from; i < text_.size(); ++i) {
      char c = text_[i];
      if (quote != 0) {
        if (quote == '"' && c == '\\') {
          ++i;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (c == '}' && text_.substr(i).starts_with("}}")) {
        return i;
      }
    }
    return text_.npos;
  }

  void parse_if(RuleTemplate::Block& block, int depth) {
    std::vector<Branch> branches;
    std::optional<Expression> condition = parse_pipeline(0);
    expect_end();
    while (fault_.empty()) {
      bool is_else = !condition.has_value();
      Branch& branch = branches.emplace_back(Branch{std::move(condition), {}});
      std::string stop = parse_block(branch.body, depth + 1);
      if (!fault_.empty()) return;
      if (stop == "end") break;
      if (stop.empty()) return fail("has {{ if }} without {{ end }}");
      if (is_else) return fail("has two {{ else }} in one {{ if }}");
      condition = std::nullopt;
      if (peek_word() == "if") {
        take_word();
        condition = parse_pipeline(0);
      }
      expect_end();
    }
    block.pieces.push_back({std::move(branches)});
  }

  // command | command | …
  Expression parse_pipeline(int depth) {
    Expression value = parse_command(depth, nullptr);
    while (fault_.empty() && take_char('|')) value = parse_command(depth, &value);
    if (value.kind == Expression::Kind::all_labels) fail(std::string(kLabelsAdvice));
    return value;
  }

  // An operand, or a function with operands; `piped` becomes the last of them.
  Expression parse_command(int depth, Expression* piped) {
    std::string name = peek_word();
    if (name.empty()) {
      if (piped != nullptr) fail("pipes into something that is not a function");
      return parse_operand(depth);
    }
    take_word();
    const Function* function = find_function(name);
    if (function == nullptr) {
      fail("uses the function \"" + name + "\", which is not one of " + function_names());
      return {};
    }
    Expression call{Expression::Kind::call, name, {}};
    while (fault_.empty() && !at_end() && peek() != '|' && peek() != ')') {
      call.operands.push_back(parse_operand(depth));
    }
    if (piped != nullptr) call.operands.push_back(std::move(*piped));
    if (call.operands.size() < function->min_operands ||
        call.operands.size() > function->max_operands) {
      fail("gives \"" + name + "\" the wrong number of values");
    }
    check_labels_use(call);
    return call;
  }

  // .Labels alone is no text: only "index" takes it.
  void check_labels_use(const Expression& call) {
    for (size_t i = 0; i < call.operands.size(); ++i) {
      bool is_map = call.operands[i].kind == Expression::Kind::all_labels;
      bool wants_map = call.text == "index" && i == 0;
      if (is_map != wants_map) fail(std::string(kLabelsAdvice));
    }
  }

  Expression parse_operand(int depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    if (take_char('(')) {
      Expression inner = parse_pipeline(depth + 1);
      if (fault_.empty() && !take_char(')')) fail("has ( without )");
      return inner;
    }
    char c = peek();
    if (c == '"' || c == '`') return {Expression::Kind::literal, parse_quoted(), {}};
    if (c == '.') return parse_field();
    fail("has \"" + std::string(action_) + "\" where a value is expected");
    return {};
  }

  std::string parse_quoted() {
    char quote = action_.front();
    std::string value;
    for (size_t i = 1; i < action_.size(); ++i) {
      char c = action_[i];
      if (c == quote) {
        action_.remove_prefix(i + 1);
        return value;
      }
      if (c == '\\' && quote == '"' && i + 1 < action_.size()) c = action_[++i];
      value += c;
    }
    fail("has a quote that does not end");
    return {};
  }

  Expression parse_field() {
    size_t end = 1;
    while (end < action_.size() && (is_word(action_[end]) || action_[end] == '.')) ++end;
    std::string field(action_.substr(0, end));
    action_.remove_prefix(end);
    if (field == ".Name") return {Expression::Kind::name, {}, {}};
    if (field == ".ContainerName") return {Expression::Kind::container_name, {}, {}};
    if (field == ".Labels") return {Expression::Kind::all_labels, {}, {}};
    constexpr std::string_view kLabels = ".Labels.";
    if (field.starts_with(kLabels) && field.find('.', kLabels.size()) == field.npos &&
        field.size() > kLabels.size()) {
      return {Expression::Kind::label, field.substr(kLabels.size()), {}};
    }
    fail("uses \"" + field + "\"; there are .Name, .ContainerName, .Labels.key and " +
         "index .Labels \"key\"");
    return {};
  }

  void expect_end() {
    if (fault_.empty() && !at_end()) fail("has \"" + std::string(action_) + "\" too much");
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static size_t leading_space(std::string_view text) {
    size_t count = 0;
    while (count < text.size() && is_space(text[count])) ++count;
    return count;
  }
  char peek() {
    action_.remove_prefix(leading_space(action_));
    return action_.empty() ? '\0' : action_.front();
  }
  bool at_end() { return peek() == '\0'; }
  bool take_char(char c) {
    if (peek() != c) return false;
    action_.remove_prefix(1);
    return true;
  }
  std::string peek_word() {
    peek();
    size_t end = 0;
    while (end < action_.size() && is_word(action_[end])) ++end;
    return std::string(action_.substr(0, end));
  }
  void take_word() { action_.remove_prefix(peek_word().size()); }

  static std::string function_names() {
    std::string names;
    for (const Function& function : kFunctions) {
      names += (names.empty() ? "" : ", ") + std::string(function.name);
    }
    return names;
  }

  std::string_view text_;
  std::string_view action_;  // what is left of the action being read
  size_t at_ = 0;
  bool trims_next_ = false;
  std::string fault_;
};

}  // namespace

std::expected<RuleTemplate::Block, std::string> parse_rule_template(std::string_view text) {
  Parser parser(text);
  RuleTemplate::Block block = parser.parse();
  if (!parser.fault().empty()) return std::unexpected("the template " + parser.fault());
  return block;
}

}  // namespace fairlead::providers::docker
