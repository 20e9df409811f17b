#include "middleware/regex.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory_resource>

namespace fairlead::middleware {
namespace {

// Go accepts (?<name>…) besides (?P<name>…); this RE2 only the latter.
std::string with_named_groups(std::string_view pattern) {
  std::string out;
  bool is_in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    out += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (pattern[i] == '[') {
      is_in_class = true;
    } else if (pattern[i] == ']') {
      is_in_class = false;
    } else if (!is_in_class && pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               pattern[i + 3] != '=' && pattern[i + 3] != '!') {
      out += "?P";
      ++i;
    }
  }
  return out;
}

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The group's name after a "$", and how many characters it takes; 0 when there is none.
size_t group_name(std::string_view text, std::string_view& name) {
  bool is_braced = text.starts_with('{');
  size_t begin = is_braced ? 1 : 0;
  size_t end = begin;
  while (end < text.size() && is_name_char(text[end])) ++end;
  if (end == begin || (is_braced && (end == text.size() || text[end] != '}'))) return 0;
  name = text.substr(begin, end - begin);
  return end + begin;
}

int group_number(std::string_view name, const re2::RE2& regex) {
  int number = -1;
  auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (fault == std::errc() && end == name.data() + name.size()) {
    return number <= regex.NumberOfCapturingGroups() ? number : -1;
  }
  const auto& names = regex.NamedCapturingGroups();
  auto found = names.find(std::string(name));
  return found == names.end() ? -1 : found->second;
}

}  // namespace

Regex compile_regex(config::Reader& options, std::string_view key, std::string_view pattern) {
  re2::RE2::Options settings;
  settings.set_log_errors(false);
  auto regex = std::make_unique<const re2::RE2>(with_named_groups(pattern), settings);
  if (regex->ok()) return regex;
  options.error(key,
                "malformed regular expression \"" + std::string(pattern) + "\": " + regex->error());
  return nullptr;
}

std::vector<Regex> read_regexes(config::Reader& options, std::string_view key) {
  std::vector<std::string> patterns;
  std::vector<Regex> regexes;
  options.read(key, patterns);
  for (const std::string& pattern : patterns) {
    if (Regex regex = compile_regex(options, key, pattern)) regexes.push_back(std::move(regex));
  }
  return regexes;
}

Replacement Replacement::compile(config::Reader& options, std::string_view key,
                                 std::string_view text, const re2::RE2& regex) {
  Replacement replacement;
  std::string literal;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      literal += text[i];
      continue;
    }
    if (text.substr(i).starts_with("$$")) {
      literal += text[i++];
      continue;
    }
    std::string_view name;
    size_t length = group_name(text.substr(i + 1), name);
    if (length == 0) {
      literal += '$';
      continue;
    }
    i += length;
    int group = group_number(name, regex);
    if (group < 0) {
      options.warning(
          key, "the expression has no group \"" + std::string(name) +
                   "\", so it stands for nothing; a digit group before letters is written ${1}");
      continue;
    }
    replacement.parts_.push_back({std::move(literal), -1});
    replacement.parts_.push_back({{}, group});
    replacement.groups_ = std::max(replacement.groups_, group + 1);
    literal.clear();
  }
  replacement.parts_.push_back({std::move(literal), -1});
  return replacement;
}

Replacement::Outcome Replacement::apply(const re2::RE2& regex, std::string_view text,
                                        Arena& arena) const {
  const re2::StringPiece input(text.data(), text.size());
  auto* groups = static_cast<re2::StringPiece*>(arena.take(
      sizeof(re2::StringPiece) * static_cast<size_t>(groups_), alignof(re2::StringPiece)));
  std::uninitialized_default_construct_n(groups, groups_);
  std::pmr::string out(&arena);
  size_t done = 0;
  size_t at = 0;
  bool has_matched = false;
  while (at <= text.size() &&
         regex.Match(input, at, text.size(), re2::RE2::UNANCHORED, groups, groups_)) {
    auto begin = static_cast<size_t>(groups[0].data() - text.data());
    size_t length = groups[0].size();
    // An empty match right after a match is not one (Go's ReplaceAll).
    if (length == 0 && has_matched && begin == done && at == done) {
      at = begin + 1;
      continue;
    }
    has_matched = true;
    out.append(text.substr(done, begin - done));
    for (const Part& part : parts_) {
      if (part.group < 0) {
        out.append(part.literal);
      } else if (groups[part.group].data() != nullptr) {
        out.append(groups[part.group].data(), groups[part.group].size());
      }
    }
    done = begin + length;
    at = length == 0 ? done + 1 : done;
  }
  if (!has_matched) return {text, false};
  if (done < text.size()) out.append(text.substr(done));
  return {arena.copy(out), true};
}

}  // namespace fairlead::middleware
