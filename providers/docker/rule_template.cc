#include "providers/docker/rule_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace fairlead::providers::docker {

// A compiled piece of template. `call` operands are evaluated in order; a pipe adds the left side
// as the last one.
struct Expression {
  enum class Kind : uint8_t { literal, name, container_name, all_labels, label, call };
  Kind kind = Kind::literal;
  std::string text;  // of a literal; a label's key; a function's name
  std::vector<Expression> operands;
};

struct Piece;
struct RuleTemplate::Block {
  std::vector<Piece> pieces;
};

struct Branch {
  std::optional<Expression> condition;  // nullopt: else
  RuleTemplate::Block body;
};

struct Piece {
  std::variant<std::string, Expression, std::vector<Branch>> content;
};

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

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string change_case(std::string text, int (*change)(int)) {
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return text;
}

std::string trimmed(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

// Texts and booleans share one type here: an empty text is false, as in Go, and false is an empty
// text.
bool is_true(const std::string& value) { return !value.empty(); }
std::string truth(bool value) { return value ? "true" : ""; }

class Evaluator {
 public:
  explicit Evaluator(const TemplateModel& model) : model_(model) {}

  std::string value(const Expression& e) const {
    switch (e.kind) {
      case Expression::Kind::literal:
        return e.text;
      case Expression::Kind::name:
        return model_.name;
      case Expression::Kind::container_name:
        return model_.container_name;
      case Expression::Kind::label:
        return label(e.text);
      case Expression::Kind::all_labels:
        return {};
      case Expression::Kind::call:
        return call(e);
    }
    return {};
  }

  void render(const RuleTemplate::Block& block, std::string& out) const {
    for (const Piece& piece : block.pieces) {
      if (const auto* literal = std::get_if<std::string>(&piece.content)) {
        out += *literal;
      } else if (const auto* expression = std::get_if<Expression>(&piece.content)) {
        out += value(*expression);
      } else {
        render_if(std::get<std::vector<Branch>>(piece.content), out);
      }
    }
  }

 private:
  void render_if(const std::vector<Branch>& branches, std::string& out) const {
    for (const Branch& branch : branches) {
      if (branch.condition && !is_true(value(*branch.condition))) continue;
      return render(branch.body, out);
    }
  }

  std::string label(const std::string& key) const {
    auto found = model_.labels.find(key);
    return found == model_.labels.end() ? std::string() : found->second;
  }

  std::string call(const Expression& e) const {
    if (e.text == "and" || e.text == "or") return first_that_decides(e);
    if (e.text == "index") return label(value(e.operands[1]));
    std::vector<std::string> a;
    for (const Expression& operand : e.operands) a.push_back(value(operand));
    if (e.text == "eq") return truth(std::ranges::count(a.begin() + 1, a.end(), a[0]) > 0);
    if (e.text == "ne") return truth(a[0] != a[1]);
    if (e.text == "not") return truth(!is_true(a[0]));
    if (e.text == "contains") return truth(a[1].find(a[0]) != std::string::npos);
    if (e.text == "hasPrefix") return truth(a[1].starts_with(a[0]));
    if (e.text == "hasSuffix") return truth(a[1].ends_with(a[0]));
    return edit(e.text, a);
  }

  static std::string edit(const std::string& name, std::vector<std::string>& a) {
    if (name == "normalize") return normalize(a[0]);
    if (name == "lower") return change_case(a[0], std::tolower);
    if (name == "upper") return change_case(a[0], std::toupper);
    if (name == "trim") return trimmed(a[0]);
    if (name == "quote") return '"' + a[0] + '"';
    if (name == "default") return a[1].empty() ? a[0] : a[1];
    if (name == "replace") return replace_all(a[2], a[0], a[1]);
    std::string& text = a[1];
    if (name == "trimPrefix" && text.starts_with(a[0])) text.erase(0, a[0].size());
    if (name == "trimSuffix" && text.ends_with(a[0])) text.resize(text.size() - a[0].size());
    return text;
  }

  std::string first_that_decides(const Expression& e) const {
    std::string last;
    for (const Expression& operand : e.operands) {
      last = value(operand);
      if (is_true(last) == (e.text == "or")) return last;
    }
    return last;
  }

  const TemplateModel& model_;
};

}  // namespace

std::expected<RuleTemplate, std::string> RuleTemplate::compile(std::string_view text) {
  Parser parser(text);
  auto body = std::make_shared<Block>(parser.parse());
  if (!parser.fault().empty()) return std::unexpected("the template " + parser.fault());
  return RuleTemplate(std::move(body));
}

std::string RuleTemplate::render(const TemplateModel& model) const {
  std::string out;
  Evaluator(model).render(*body_, out);
  return trimmed(out);
}

std::string normalize(std::string_view name) {
  std::string out;
  bool has_gap = false;
  for (char c : name) {
    // Bytes above 127 belong to letters of other scripts.
    if (!std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128) {
      has_gap = true;
      continue;
    }
    if (has_gap && !out.empty()) out += '-';
    has_gap = false;
    out += c;
  }
  return out;
}

}  // namespace fairlead::providers::docker
