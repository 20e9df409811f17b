#include "providers/kubernetes/item_splitter.h"

namespace fairlead::providers::kubernetes {

namespace {

constexpr size_t kMaxRest = 1u << 20;
constexpr int kItemDepth = 2;  // {"items":[ …here… ]}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool ItemSplitter::feed(std::string_view bytes, const Take& take) {
  for (char c : bytes) {
    if (!step(c, take)) return false;
  }
  return true;
}

bool ItemSplitter::keep(char c) {
  if (is_in_item_) {
    item_.push_back(c);
    return item_.size() <= max_item_bytes_;
  }
  rest_.push_back(c);
  return rest_.size() <= kMaxRest;
}

bool ItemSplitter::step(char c, const Take& take) {
  if (is_in_text_) {
    bool ends = c == '"' && !is_escaped_;
    is_escaped_ = c == '\\' && !is_escaped_;
    if (ends) {
      is_in_text_ = false;
    } else if (depth_ == 1) {
      word_.push_back(c);
    }
    return keep(c);
  }
  if (is_space(c)) return true;
  if (!has_begun_ && c != '{') return false;
  if (has_begun_ && depth_ == 0) return false;  // something after the end
  switch (c) {
    case '"':
      is_in_text_ = true;
      word_.clear();
      break;
    case ':':
      if (depth_ == 1) is_items_key_ = word_ == "items";
      break;
    case ',':
      if (depth_ == 1) is_items_key_ = false;
      if (depth_ == kItemDepth && is_in_items_) return true;
      break;
    case '{':
    case '[':
      has_begun_ = true;
      if (depth_ == 1 && c == '[' && is_items_key_) is_in_items_ = true;
      if (depth_ == kItemDepth && is_in_items_ && c == '{') is_in_item_ = true;
      ++depth_;
      break;
    case '}':
    case ']': {
      --depth_;
      if (is_in_item_ && depth_ == kItemDepth) {
        if (!keep(c)) return false;
        take(item_);
        item_.clear();
        is_in_item_ = false;
        return true;
      }
      if (is_in_items_ && depth_ == 1) is_in_items_ = is_items_key_ = false;
      break;
    }
    default:
      break;
  }
  return keep(c);
}

}  // namespace fairlead::providers::kubernetes
