#include "providers/kubernetes/nginx_annotations.h"

#include <algorithm>

#include <re2/re2.h>

#include "config/reader.h"
#include "config/static_checks.h"
#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Severity;
using Value = NginxAnnotation::Value;
using Support = NginxAnnotation::Support;

constexpr NginxAnnotation kRows[] = {
#define ROW(key, value, support, meaning) {key, Value::value, Support::support, meaning},
#include "providers/kubernetes/nginx_annotations.inc"
#undef ROW
};

struct Alias {
  std::string_view other, key;
};
constexpr Alias kAliases[] = {{"whitelist-source-range", "allowlist-source-range"},
                              {"limit-whitelist", "limit-allowlist"}};

// Values of rows that are served in part which do not mean what they say.
constexpr Alias kDifferent[] = {{"satisfy", "any"},
                                {"backend-protocol", "AUTO_HTTP"},
                                {"affinity-mode", "balanced"},
                                {"load-balance", "ewma"},
                                {"preserve-trailing-slash", "false"}};

bool is_different(std::string_view key, const std::string& value) {
  return std::ranges::any_of(
      kDifferent, [&](const Alias& one) { return one.other == key && one.key == value; });
}

// A line break or a brace in a value would end a directive of nginx; no value needs one.
bool has_control(const std::string& text) {
  return std::ranges::any_of(text,
                             [](unsigned char c) { return c < 32 && c != '\n' && c != '\t'; });
}

// What the value must be, "" when it is that.
std::string fault_in(Value kind, const std::string& text) {
  switch (kind) {
    case Value::boolean:
      return config::parse_bool(text) ? "" : "expects true or false";
    case Value::number:
      return config::parse_integer(text).value_or(-1) >= 0 ? "" : "expects a number, 0 or more";
    case Value::size:
      return parse_size(text) ? "" : "expects a size such as 8k or 1m";
    case Value::on_off:
      return text == "on" || text == "off" ? "" : "expects on or off";
    case Value::path:
      return text.starts_with('/') ? "" : "expects a path that begins with \"/\"";
    case Value::url: {
      bool is_url = text.starts_with("http://") || text.starts_with("https://") ||
                    text.starts_with('/') || text.starts_with('$');
      return is_url ? "" : "expects a URL that begins with http:// or https://";
    }
    case Value::cidrs: {
      std::vector<std::string> words = split_words(text);
      bool is_list = !words.empty() && std::ranges::all_of(words, config::is_ip_or_network);
      return is_list ? "" : "expects addresses and networks such as 10.0.0.0/8, with commas";
    }
    case Value::regex: {
      std::string why;
      return is_regex(text, why) ? "" : "is no regular expression: " + why;
    }
    case Value::words:
    case Value::text:
      return trimmed(text).empty() ? "is empty" : "";
  }
  return "";
}

std::string_view word_of(Support support) {
  static constexpr std::string_view kWords[] = {"yes", "partly", "answers 503", "no"};
  return kWords[static_cast<size_t>(support)];
}

const NginxAnnotation* row_of(std::string_view key) {
  for (const Alias& alias : kAliases) {
    if (alias.other == key) key = alias.key;
  }
  for (const NginxAnnotation& row : kRows) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

}  // namespace

std::span<const NginxAnnotation> nginx_annotations() { return kRows; }

std::string nginx_annotations_page() {
  std::string page = "| Annotation | Served | Meaning and differences |\n|---|---|---|\n";
  for (const NginxAnnotation& row : kRows) {
    page += "| `" + std::string(row.key) + "` | " + std::string(word_of(row.support)) + " | " +
            std::string(row.meaning) + " |\n";
  }
  return page;
}

std::optional<int64_t> parse_size(std::string_view text) {
  int64_t unit = 1;
  if (!text.empty()) {
    char last = lower(text.substr(text.size() - 1))[0];
    if (last == 'k') unit = 1 << 10;
    if (last == 'm') unit = 1 << 20;
    if (last == 'g') unit = 1 << 30;
  }
  if (unit != 1) text.remove_suffix(1);
  auto number = config::parse_integer(text);
  if (!number || *number < 0 || *number > (int64_t{1} << 40)) return std::nullopt;
  return *number * unit;
}

bool is_regex(const std::string& text, std::string& why) {
  RE2::Options quiet;
  quiet.set_log_errors(false);
  RE2 regex(text, quiet);
  why = regex.error();
  return regex.ok();
}

const std::string* NginxAnnotations::find(std::string_view key) const {
  auto found = annotations_.find(std::string(kNginxPrefix) + std::string(key));
  if (found != annotations_.end()) return &found->second;
  for (const Alias& alias : kAliases) {
    if (alias.key == key) return find(alias.other);
  }
  return nullptr;
}

std::string NginxAnnotations::text(std::string_view key) const {
  const std::string* value = find(key);
  return value == nullptr ? "" : trimmed(*value);
}

bool NginxAnnotations::flag(std::string_view key, bool otherwise) const {
  const std::string* value = find(key);
  return value == nullptr ? otherwise : config::parse_bool(*value).value_or(otherwise);
}

int64_t NginxAnnotations::number(std::string_view key, int64_t otherwise) const {
  const std::string* value = find(key);
  return value == nullptr ? otherwise : config::parse_integer(*value).value_or(otherwise);
}

int64_t NginxAnnotations::size(std::string_view key, int64_t otherwise) const {
  const std::string* value = find(key);
  return value == nullptr ? otherwise : parse_size(*value).value_or(otherwise);
}

bool NginxAnnotations::is_on(std::string_view key, bool otherwise) const {
  const std::string* value = find(key);
  return value == nullptr ? otherwise : *value == "on";
}

std::vector<std::string> NginxAnnotations::words(std::string_view key) const {
  return split_words(text(key));
}

bool NginxAnnotations::check(Findings& findings) const {
  bool is_good = true;
  for (const auto& [name, value] : annotations_) {
    if (!name.starts_with(kNginxPrefix)) continue;
    const NginxAnnotation* row = row_of(name.substr(kNginxPrefix.size()));
    if (row == nullptr) {
      findings.push_back(
          {Severity::warning, "UnknownAnnotation", name, "is no annotation of ingress-nginx"});
      continue;
    }
    std::string fault = fault_in(row->value, value);
    if (fault.empty() && has_control(value)) fault = "holds a control character";
    if (!fault.empty()) {
      findings.push_back({Severity::error, "InvalidAnnotation", name,
                          fault + ", got \"" + value + "\"; the Ingress is not served"});
      is_good = false;
    } else if (row->support == Support::refused) {
      findings.push_back({Severity::error, "UnsupportedAnnotation", name,
                          "is not supported: " + std::string(row->meaning)});
    } else if (row->support == Support::partly && is_different(row->key, value)) {
      findings.push_back({Severity::warning, "UnsupportedAnnotation", name,
                          "is served in part: " + std::string(row->meaning)});
    } else if (row->support == Support::reported) {
      findings.push_back(
          {Severity::warning, "UnsupportedAnnotation", name,
           "has no effect" + (row->meaning.empty() ? "" : ": " + std::string(row->meaning))});
    }
  }
  return is_good;
}

}  // namespace fairlead::providers::kubernetes
