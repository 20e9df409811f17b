// Takes the JSON of a list apart while it arrives: each element of "items" comes out as a text of
// its own, and what remains around them is kept for its metadata. So a list of any length costs the
// memory of its longest element. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace fairlead::providers::kubernetes {

class ItemSplitter {
 public:
  using Take = std::function<void(std::string_view item)>;

  explicit ItemSplitter(size_t max_item_bytes = 8u << 20) : max_item_bytes_(max_item_bytes) {}

  // False when the text is not such a list or an element is too long; of no use afterwards.
  bool feed(std::string_view bytes, const Take& take);
  // The document was closed.
  bool is_complete() const { return has_begun_ && depth_ == 0; }
  // The list without its elements: {"kind":…,"metadata":{…},"items":[]}.
  const std::string& rest() const { return rest_; }

 private:
  bool step(char c, const Take& take);
  bool keep(char c);

  size_t max_item_bytes_;
  std::string item_, rest_;
  std::string word_;  // the last text at depth 1, which may be a key
  int depth_ = 0;
  bool has_begun_ = false;
  bool is_in_text_ = false;
  bool is_escaped_ = false;
  bool is_items_key_ = false;  // the last word was "items", and its value follows
  bool is_in_items_ = false;
  bool is_in_item_ = false;
};

}  // namespace fairlead::providers::kubernetes
