#include "providers/docker/label_catalogue.h"

#include <algorithm>
#include <optional>

#include "config/diagnostics.h"

namespace fairlead::providers::docker {

// One step of the tree of patterns.
struct LabelCatalogue::Branch {
  std::map<std::string, std::shared_ptr<Branch>> children;  // by lower-case name
  std::shared_ptr<Branch> named;                            // below a name that the user chooses
  LabelKind kind = LabelKind::none;
  bool is_list = false;          // takes [n]
  bool is_free_map = false;      // the rest of the label is a key
  std::vector<Tokens> patterns;  // every pattern that goes through here, in the order of the list
};

namespace {

bool is_placeholder(std::string_view token) { return token.starts_with('<'); }

std::string_view plain(std::string_view token) {
  if (token.ends_with("[n]")) token.remove_suffix(3);
  return token;
}

std::vector<std::string> split_pattern(std::string_view pattern) {
  std::vector<std::string> tokens;
  while (true) {
    size_t dot = pattern.find('.');
    tokens.emplace_back(pattern.substr(0, dot));
    if (dot == pattern.npos) return tokens;
    pattern.remove_prefix(dot + 1);
  }
}

std::string with_index(std::string_view token, const LabelStep* step) {
  std::string text(plain(token));
  if (text.size() == token.size()) return text;
  size_t index = step != nullptr && step->index ? *step->index : 0;
  return text + "[" + std::to_string(index) + "]";
}

// Does the end of `tokens` read like the end of `path` from `from` on, with a word (not only names)
// in common?
bool ends_alike(const std::vector<std::string>& tokens, const LabelPath& path, size_t from) {
  size_t count = path.size() - from;
  if (tokens.size() < count || is_placeholder(tokens[tokens.size() - count])) return false;
  bool shares_word = false;
  for (size_t i = 0; i < count; ++i) {
    std::string_view token = tokens[tokens.size() - count + i];
    if (is_placeholder(token)) continue;
    if (plain(token) != lower_case(path[from + i].name)) return false;
    shares_word = true;
  }
  return shares_word;
}

}  // namespace

const LabelCatalogue& LabelCatalogue::standard() {
  static const LabelCatalogue catalogue;
  return catalogue;
}

LabelCatalogue::LabelCatalogue() : root_(std::make_shared<Branch>()) {
#define FAIRLEAD_LABEL(pattern, kind) add(pattern, LabelKind::kind);
#include "providers/docker/label_catalogue.inc"
#undef FAIRLEAD_LABEL
}

void LabelCatalogue::add(std::string_view pattern, LabelKind kind) {
  Tokens tokens = split_pattern(pattern);
  Branch* at = root_.get();
  at->patterns.push_back(tokens);
  for (const std::string& token : tokens) {
    if (token == "<key>") {
      at->is_free_map = true;
      at->kind = kind;
      return;
    }
    auto& next = is_placeholder(token) ? at->named : at->children[std::string(plain(token))];
    if (!next) next = std::make_shared<Branch>();
    at = next.get();
    at->is_list = plain(token).size() != token.size();
    at->patterns.push_back(tokens);
  }
  at->kind = kind;
}

LabelVerdict LabelCatalogue::look_up(const LabelPath& path) const {
  const Branch* at = root_.get();
  for (size_t i = 0; i < path.size(); ++i) {
    if (at->kind == LabelKind::any) return {true, LabelKind::any, {}, 0};
    if (at->is_free_map) return {true, at->kind, {}, 0};
    auto child = at->children.find(lower_case(path[i].name));
    const Branch* next = child != at->children.end() ? child->second.get() : at->named.get();
    bool is_last = i + 1 == path.size();
    bool may_have_index =
        next != nullptr && (next->is_list || (is_last && next->kind == LabelKind::list));
    bool lacks_index = next != nullptr && next->is_list && !path[i].index;
    if (next == nullptr || (path[i].index && !may_have_index) || lacks_index) {
      return {false, LabelKind::none, suggest(*at, path, i), i};
    }
    at = next;
  }
  if (at->kind != LabelKind::none && !at->is_free_map) return {true, at->kind, {}, 0};
  return {false, LabelKind::none, {}, path.size()};
}

namespace {

// Mends one step at a time: the step itself where it is known, else the nearest word. Appends to
// `out`.
template <class Branch>
bool repair(const Branch& at, const LabelPath& path, size_t from, std::string& out) {
  if (from == path.size()) return at.kind != LabelKind::none && !at.is_free_map;
  if (at.kind == LabelKind::any || at.is_free_map) {
    out += "." + join_label_path(path, from);
    return true;
  }
  const LabelStep& step = path[from];
  std::string name = lower_case(step.name);
  auto attempt = [&](std::string_view word, const Branch& next) {
    std::string longer = out + "." + std::string(word);
    if (next.is_list) longer += "[" + std::to_string(step.index.value_or(0)) + "]";
    if (!repair(next, path, from + 1, longer)) return false;
    out = std::move(longer);
    return true;
  };
  auto exact = at.children.find(name);
  if (exact != at.children.end()) return attempt(name, *exact->second);
  if (at.named) return attempt(step.name, *at.named);
  std::vector<std::string_view> words;
  for (const auto& [word, child] : at.children) words.push_back(word);
  std::string_view near = config::nearest(name, words);
  return !near.empty() && attempt(near, *at.children.find(std::string(near))->second);
}

}  // namespace

std::string LabelCatalogue::suggest(const Branch& at, const LabelPath& path, size_t from) const {
  std::string mended;
  if (repair(*root_, path, 0, mended)) return mended.substr(1);
  std::string by_end = suggest_by_end(at, path, from, from);
  if (!by_end.empty() || from != 0) return by_end;
  // A label of Traefik 1 ("traefik.frontend.rule"): its last word still says what was meant.
  return suggest_by_end(*root_, path, path.size() - 1, 0);
}

// A step was left out: the first pattern below `at` that ends like the label ("…loadbalancer.port"
// is meant to be "…loadbalancer.server.port"). The first `prefix` steps of the label stay.
std::string LabelCatalogue::suggest_by_end(const Branch& at, const LabelPath& path, size_t from,
                                           size_t prefix) const {
  size_t count = path.size() - from;
  for (const Tokens& tokens : at.patterns) {
    if (tokens.size() <= prefix + count || tokens.back() == "<key>") continue;
    if (!ends_alike(tokens, path, from)) continue;
    std::string text;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const LabelStep* step = i < prefix ? &path[i] : nullptr;
      if (i >= tokens.size() - count) step = &path[from + i - (tokens.size() - count)];
      if (i != 0) text += '.';
      bool is_name = is_placeholder(tokens[i]);
      text += is_name ? (step != nullptr ? step->name : "<name>") : with_index(tokens[i], step);
    }
    return text;
  }
  return {};
}

}  // namespace fairlead::providers::docker
