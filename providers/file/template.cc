#include "providers/file/template.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace fairlead::providers::file {
namespace {

constexpr std::string_view kSupported =
    R"(files may use {{ env "NAME" }}, {{ normalize "text" }} and {{ "text" }})";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The "}}" that ends the action starting at `from`, not one inside a literal; npos when there is
// none.
size_t end_of_action(std::string_view text, size_t from) {
  char quote = 0;
  for (size_t at = from; at < text.size(); ++at) {
    char c = text[at];
    if (quote == '"' && c == '\\') {
      ++at;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '}' && text.substr(at).starts_with("}}")) {
      return at;
    }
  }
  return std::string_view::npos;
}

// The inside of one action: words and literals, piped from left to right.
class Action {
 public:
  Action(std::string_view text, const Environment& environment)
      : rest_(text), environment_(environment) {}

  std::optional<std::string> value() {
    std::optional<std::string> piped = segment(std::nullopt);
    while (piped && take('|')) piped = segment(piped);
    skip_space();
    return rest_.empty() ? piped : std::nullopt;
  }
  const std::string& missing_variable() const { return missing_variable_; }

 private:
  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A literal, a call with a literal, or a call on what came through the pipe.
  std::optional<std::string> segment(const std::optional<std::string>& piped) {
    skip_space();
    size_t length = 0;
    while (length < rest_.size() && is_word_char(rest_[length])) ++length;
    std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (word.empty()) return piped ? std::nullopt : literal();
    std::optional<std::string> argument = piped ? piped : literal();
    if (!argument) return std::nullopt;
    if (word == "normalize") return normalize(*argument);
    if (word == "env") return variable(*argument);
    return std::nullopt;
  }

  std::string variable(const std::string& name) {
    std::optional<std::string> value = environment_(name);
    if (!value) missing_variable_ = name;
    return value.value_or("");
  }

  std::optional<std::string> literal() {
    if (take('`')) {
      size_t end = rest_.find('`');
      if (end == std::string_view::npos) return std::nullopt;
      std::string text(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      return text;
    }
    if (!take('"')) return std::nullopt;
    std::string text;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return std::nullopt;
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    return take('"') ? std::optional(text) : std::nullopt;
  }

  std::string_view rest_;
  const Environment& environment_;
  std::string missing_variable_;
};

class Renderer {
 public:
  Renderer(std::string_view text, const std::string& source, const Environment& environment,
           config::Diagnostics& diagnostics)
      : text_(text), source_(source), environment_(environment), diagnostics_(diagnostics) {}

  std::optional<std::string> run() {
    bool is_good = true;
    for (size_t open; (open = text_.find("{{", at_)) != std::string_view::npos;) {
      out_ += text_.substr(at_, open - at_);
      size_t close = end_of_action(text_, open + 2);
      if (close == std::string_view::npos) {
        report(config::Severity::error, open, "the template action has no end; close it with }}");
        return std::nullopt;
      }
      at_ = close + 2;
      is_good = action(open, text_.substr(open + 2, close - open - 2)) && is_good;
    }
    out_ += text_.substr(at_);
    return is_good ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  bool action(size_t open, std::string_view inside) {
    if (inside.starts_with("-") && inside.size() > 1 && is_space(inside[1])) {
      inside.remove_prefix(1);
      while (!out_.empty() && is_space(out_.back())) out_.pop_back();
    }
    if (inside.ends_with("-") && inside.size() > 1 && is_space(inside[inside.size() - 2])) {
      inside.remove_suffix(1);
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    std::string_view body = trimmed(inside);
    if (body.starts_with("/*") && body.ends_with("*/") && body.size() >= 4) return true;
    Action parsed(body, environment_);
    std::optional<std::string> value = parsed.value();
    if (!value) {
      report(config::Severity::error, open,
             "the template action {{ " + std::string(body.substr(0, 60)) +
                 " }} is not supported; " + std::string(kSupported));
      return false;
    }
    if (!parsed.missing_variable().empty()) {
      report(config::Severity::warning, open,
             "the environment variable " + parsed.missing_variable() + " is not set");
    }
    out_ += *value;
    return true;
  }

  void report(config::Severity severity, size_t offset, std::string message) {
    auto line = 1 + std::ranges::count(text_.substr(0, offset), '\n');
    diagnostics_.push_back(
        {severity, source_ + ":" + std::to_string(line), "", "", std::move(message)});
  }

  std::string_view text_;
  const std::string& source_;
  const Environment& environment_;
  config::Diagnostics& diagnostics_;
  std::string out_;
  size_t at_ = 0;
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::string normalize(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (out.ends_with('-')) out.pop_back();
  return out;
}

std::optional<std::string> render_template(std::string_view text, const std::string& source,
                                           const Environment& environment,
                                           config::Diagnostics& diagnostics) {
  if (!text.contains("{{")) return std::string(text);
  return Renderer(text, source, environment, diagnostics).run();
}

}  // namespace fairlead::providers::file
