#include "config/reader.h"

#include <algorithm>
#include <cctype>

namespace fairlead::config {
namespace {

bool equals_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_off(const Node& node) { return node.is_scalar() && parse_bool(node.scalar) == false; }
bool is_on(const Node& node) {
  return node.is_null() ||
         (node.is_scalar() && (node.scalar.empty() || parse_bool(node.scalar) == true));
}

std::string_view kind_words(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

// "line 4" when the source names the file already.
std::string place_within(const std::string& source, const std::string& origin) {
  size_t colon = origin.rfind(':');
  bool is_same_file = source.starts_with("file:") && origin.starts_with("file ") &&
                      std::string_view(origin).substr(5, colon - 5) == source.substr(5);
  return is_same_file ? "line " + origin.substr(colon + 1) : origin;
}

}  // namespace

Reader::Reader(const Node* node, std::string source, std::string object, std::string path,
               Diagnostics& out)
    : node_(node),
      source_(std::move(source)),
      object_(std::move(object)),
      path_(std::move(path)),
      out_(out) {
  if (node_ && !node_->is_map() && !is_on(*node_)) {
    error("", "expects a map of options, got " + std::string(kind_words(*node_)));
    node_ = nullptr;
  }
}

bool Reader::child(std::string_view key, const std::function<void(Reader&)>& decode) {
  const Node* value = want(key);
  if (!value || is_off(*value)) return false;
  Reader inner(value, source_, object_, field(key), out_);
  if (inner.has_errors_) {
    has_errors_ = true;
    return false;
  }
  inner.is_unknown_error_ = is_unknown_error_;
  decode(inner);
  inner.finish();
  has_errors_ = has_errors_ || inner.has_errors_;
  return true;
}

void Reader::each(std::string_view key,
                  const std::function<void(const std::string&, Reader&)>& decode) {
  const Node* value = want(key);
  if (!value || value->is_null() || is_off(*value)) return;
  if (!value->is_map()) {
    error(key, "expects a map of names, got " + std::string(kind_words(*value)));
    return;
  }
  for (const Member& member : value->members) {
    Reader inner(&member.value, source_, object_, field(key) + "." + member.key, out_);
    inner.is_unknown_error_ = is_unknown_error_;
    if (!inner.has_errors_) {
      decode(member.key, inner);
      inner.finish();
    }
    has_errors_ = has_errors_ || inner.has_errors_;
  }
}

void Reader::each_item(std::string_view key, const std::function<void(Reader&)>& decode) {
  const Node* value = want(key);
  if (!value || value->is_null()) return;
  if (!value->is_list()) {
    error(key, "expects a list, got " + std::string(kind_words(*value)));
    return;
  }
  for (size_t i = 0; i < value->items.size(); ++i) {
    Reader inner(&value->items[i], source_, object_, field(key) + "[" + std::to_string(i) + "]",
                 out_);
    inner.is_unknown_error_ = is_unknown_error_;
    if (!inner.has_errors_) {
      decode(inner);
      inner.finish();
    }
    has_errors_ = has_errors_ || inner.has_errors_;
  }
}

const Node* Reader::raw(std::string_view key) { return want(key); }

void Reader::ignore(std::string_view key) { want(key); }

void Reader::deprecate(std::string_view key, std::string_view advice) {
  if (want(key)) warning(key, "is deprecated; " + std::string(advice));
}

void Reader::error(std::string_view key, std::string message) {
  has_errors_ = true;
  report(Severity::error, key, std::move(message));
}

void Reader::warning(std::string_view key, std::string message) {
  report(Severity::warning, key, std::move(message));
}

void Reader::finish() {
  if (!node_ || !node_->is_map()) return;
  for (const Member& member : node_->members) {
    bool is_known = std::ranges::any_of(
        known_, [&](const std::string& known) { return equals_without_case(known, member.key); });
    if (is_known) continue;
    std::vector<std::string_view> names(known_.begin(), known_.end());
    std::string_view near = nearest(member.key, names);
    std::string message = "unknown field";
    if (!near.empty()) message += "; did you mean \"" + std::string(near) + "\"?";
    if (is_unknown_error_) has_errors_ = true;
    report(is_unknown_error_ ? Severity::error : Severity::warning, member.key, std::move(message));
  }
}

const Node* Reader::want(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return node_ ? node_->find(key) : nullptr;
}

std::string Reader::field(std::string_view key) const {
  if (path_.empty() || key.empty()) return path_ + std::string(key);
  return path_ + "." + std::string(key);
}

void Reader::report(Severity severity, std::string_view key, std::string message) {
  const Node* at = key.empty() ? node_ : node_ ? node_->find(key) : nullptr;
  std::string origin = at ? at->origin : "";
  // A label is named by the field already; static configuration has no source of its own but where
  // a value stands.
  if (!source_.empty() && !origin.empty() && !origin.starts_with("label ")) {
    message += " (" + place_within(source_, origin) + ")";
  }
  out_.push_back(
      {severity, source_.empty() ? origin : source_, object_, field(key), std::move(message)});
}

}  // namespace fairlead::config
