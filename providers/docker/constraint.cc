#include "providers/docker/constraint.h"

#include <cctype>
#include <utility>
#include <vector>

#include <re2/re2.h>

namespace fairlead::providers::docker {

struct Constraint::Term {
  enum class Kind : uint8_t { equals, matches, all, any, none };
  Kind kind = Kind::all;
  std::string key, value;
  std::unique_ptr<RE2> regex;
  std::vector<Term> terms;
};

namespace {

using Term = Constraint::Term;

constexpr int kMaxDepth = 64;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Term parse() {
    Term term = parse_any(0);
    if (fault_.empty() && peek() != '\0') fail("does not expect \"" + std::string(rest_) + "\"");
    return term;
  }
  const std::string& fault() const { return fault_; }

 private:
  void fail(std::string what) {
    if (fault_.empty()) {
      fault_ =
          std::move(what) + " (column " + std::to_string(text_.size() - rest_.size() + 1) + ")";
    }
    rest_ = {};
  }

  Term parse_any(int depth) { return parse_joined(depth, "||", Term::Kind::any); }

  // `&&` binds tighter than `||`.
  Term parse_joined(int depth, std::string_view joint, Term::Kind kind) {
    auto part = [&] {
      return kind == Term::Kind::any ? parse_joined(depth, "&&", Term::Kind::all)
                                     : parse_one(depth);
    };
    Term joined{kind, {}, {}, nullptr, {}};
    joined.terms.push_back(part());
    while (fault_.empty() && take(joint)) joined.terms.push_back(part());
    return joined;
  }

  Term parse_one(int depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    if (!fault_.empty()) return {};
    if (take("!")) {
      Term negated{Term::Kind::none, {}, {}, nullptr, {}};
      negated.terms.push_back(parse_one(depth + 1));
      return negated;
    }
    if (take("(")) {
      Term inner = parse_any(depth + 1);
      if (fault_.empty() && !take(")")) fail("lacks a closing )");
      return inner;
    }
    return parse_function();
  }

  Term parse_function() {
    Term term;
    // The longer name first.
    if (take("LabelRegex")) {
      term.kind = Term::Kind::matches;
    } else if (take("Label")) {
      term.kind = Term::Kind::equals;
    } else {
      fail("expects Label(`key`,`value`) or LabelRegex(`key`,`expression`)");
      return term;
    }
    if (!take("(")) fail("lacks ( after the name");
    term.key = parse_text();
    if (fault_.empty() && !take(",")) fail("lacks the second value");
    term.value = parse_text();
    if (fault_.empty() && !take(")")) fail("lacks a closing )");
    if (fault_.empty() && term.kind == Term::Kind::matches) compile_regex(term);
    return term;
  }

  void compile_regex(Term& term) {
    RE2::Options options;
    options.set_log_errors(false);
    term.regex = std::make_unique<RE2>(term.value, options);
    if (!term.regex->ok()) fail("has a bad expression: " + term.regex->error());
  }

  std::string parse_text() {
    char quote = peek();
    if (quote != '`' && quote != '"') {
      fail("expects a text in backticks or double quotes");
      return {};
    }
    size_t end = rest_.find(quote, 1);
    if (end == rest_.npos) {
      fail("has a quote that does not end");
      return {};
    }
    std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return value;
  }

  char peek() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
    return rest_.empty() ? '\0' : rest_.front();
  }

  bool take(std::string_view word) {
    peek();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string_view text_, rest_;
  std::string fault_;
};

bool holds(const Term& term, const std::map<std::string, std::string>& labels) {
  auto found = labels.find(term.key);
  std::string_view value = found == labels.end() ? std::string_view() : found->second;
  switch (term.kind) {
    case Term::Kind::equals:
      return value == term.value;
    case Term::Kind::matches:
      return RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *term.regex);
    case Term::Kind::none:
      return !holds(term.terms.front(), labels);
    case Term::Kind::all:
      for (const Term& inner : term.terms) {
        if (!holds(inner, labels)) return false;
      }
      return true;
    case Term::Kind::any:
      for (const Term& inner : term.terms) {
        if (holds(inner, labels)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace

std::expected<Constraint, std::string> Constraint::compile(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return Constraint(nullptr);
  Parser parser(text);
  auto root = std::make_shared<Term>(parser.parse());
  if (!parser.fault().empty()) return std::unexpected("the expression " + parser.fault());
  return Constraint(std::move(root));
}

bool Constraint::admits(const std::map<std::string, std::string>& labels) const {
  return root_ == nullptr || holds(*root_, labels);
}

}  // namespace fairlead::providers::docker
