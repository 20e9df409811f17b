#include "providers/docker/rule_template.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "providers/docker/rule_template_parts.h"

namespace fairlead::providers::docker {

namespace {

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
  auto block = parse_rule_template(text);
  if (!block) return std::unexpected(block.error());
  auto body = std::make_shared<Block>(std::move(*block));
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
