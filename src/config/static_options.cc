#include "config/static_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "config/static_fields.h"

namespace fairlead::config {
namespace {

using Kind = Option::Kind;

constexpr Kind kind_of(const std::string&) { return Kind::text; }
constexpr Kind kind_of(bool) { return Kind::boolean; }
constexpr Kind kind_of(int64_t) { return Kind::number; }
constexpr Kind kind_of(Milliseconds) { return Kind::duration; }
constexpr Kind kind_of(const std::optional<Milliseconds>&) { return Kind::duration; }
template <class T>
constexpr Kind kind_of(const std::vector<T>&) {
  return Kind::list;
}
template <class T>
constexpr Kind kind_of(const std::map<std::string, T>&) {
  return Kind::map;
}

std::string default_text(const std::string& value) { return value; }
std::string default_text(bool value) { return value ? "true" : "false"; }
std::string default_text(int64_t value) { return std::to_string(value); }
std::string default_text(Milliseconds value) { return format_duration(value); }
std::string default_text(const std::optional<Milliseconds>&) { return ""; }
std::string default_text(double value) {
  char digits[64];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  return {digits, end};
}
template <class T>
std::string default_text(const std::vector<T>& values) {
  std::string out;
  for (const T& value : values) out += (out.empty() ? "" : ", ") + default_text(value);
  return out;
}
template <class T>
std::string default_text(const std::map<std::string, T>&) {
  return "";
}

// The visitor that lists a section of default values.
class Lister {
 public:
  explicit Lister(std::vector<Option>& out) : out_(out) {}

  template <class T>
  void value(const char* key, const T& field, const char* meaning) {
    out_.push_back({key, kind_of(field), default_text(field), meaning, {}});
  }
  void secret(const char* key, const std::string& field, const char* meaning) {
    value(key, field, meaning);
  }
  void number(const char* key, int64_t field, int64_t, int64_t, const char* meaning) {
    value(key, field, meaning);
  }
  void word(const char* key, const std::string& field, const std::vector<std::string_view>& words,
            const char* meaning) {
    value(key, field, meaning);
    out_.back().meaning += listed(words);
  }
  void words(const char* key, const std::map<std::string, std::string>& field,
             const std::vector<std::string_view>& words, const char* meaning) {
    value(key, field, meaning);
    out_.back().meaning += listed(words);
  }
  void ips(const char* key, const std::vector<std::string>& field, const char* meaning) {
    value(key, field, meaning);
  }
  template <class T>
  void section(const char* key, const T& field, const char* meaning) {
    out_.push_back({key, Kind::section, "", meaning, below(field)});
  }
  template <class T>
  void optional(const char* key, const std::optional<T>&, const char* meaning) {
    out_.push_back({key, Kind::presence, "", meaning, below(T{})});
  }
  template <class T>
  void named(const char* key, const std::map<std::string, T>&, const char* meaning) {
    Option name{"<name>", Kind::presence, "", "one of them; a name holds no dot", below(T{})};
    out_.push_back({key, Kind::names, "", meaning, {std::move(name)}});
  }
  template <class T>
  void items(const char* key, const std::vector<T>&, const char* meaning) {
    Option item{"[n]", Kind::section, "", "one of them", below(T{})};
    out_.push_back({key, Kind::items, "", meaning, {std::move(item)}});
  }
  void raw(const char* key, const std::optional<Node>&, const char* meaning) {
    unserved(key, meaning);
  }
  void unserved(const char* key, const char* meaning) {
    out_.push_back({key, Kind::raw, "", meaning, {}});
  }

 private:
  template <class T>
  static std::vector<Option> below(const T& field) {
    std::vector<Option> children;
    Lister lister(children);
    fields(lister, field);
    return children;
  }
  static std::string listed(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::string_view word : words) {
      out += (out.empty() ? " (`" : ", `") + std::string(word) + "`";
    }
    return out + ")";
  }

  std::vector<Option>& out_;
};

Option make_root() {
  Option root;
  Lister lister(root.children);
  const StaticConfig defaults;
  fields(lister, defaults);
  return root;
}

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

// A default inside code quotes, which itself may hold backquotes.
std::string code(const std::string& text) {
  if (text.empty()) return "";
  return text.find('`') == std::string::npos ? "`" + text + "`" : "`` " + text + " ``";
}

void add_rows(const Option& option, const std::string& path, std::string& out) {
  for (const Option& child : option.children) {
    bool is_index = child.key == "[n]";
    std::string full = path.empty() || is_index ? path + child.key : path + "." + child.key;
    out += "| `" + full + "` | " + std::string(words(child.kind)) + " | " +
           escaped(code(child.default_text)) + " | " + escaped(child.meaning) + " |\n";
    add_rows(child, full, out);
  }
}

}  // namespace

const Option* Option::child(std::string_view name) const {
  if (kind == Kind::names || kind == Kind::items) return &children.front();
  for (const Option& child : children) {
    if (equals_without_case(child.key, name)) return &child;
  }
  return nullptr;
}

bool Option::is_switch() const {
  return kind == Kind::boolean || kind == Kind::section || kind == Kind::presence ||
         kind == Kind::names || kind == Kind::raw;
}

const Option& static_options() {
  static const Option root = make_root();
  return root;
}

std::string_view words(Option::Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::boolean:
      return "boolean";
    case Kind::number:
      return "number";
    case Kind::duration:
      return "duration";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::section:
      return "section";
    case Kind::presence:
      return "section, off";
    case Kind::names:
      return "objects by name";
    case Kind::items:
      return "list of objects";
    case Kind::raw:
      return "section, off";
  }
  return "";
}

std::string options_markdown() {
  std::string out = "| Option | Kind | Default | Meaning |\n|---|---|---|---|\n";
  add_rows(static_options(), "", out);
  return out;
}

}  // namespace fairlead::config
