// Media types as Content-Type names them, and lists of them from the configuration. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"

namespace fairlead::middleware {

// "Text/HTML; charset=utf-8" → "Text/HTML": without parameters and blanks.
std::string_view media_type_of(std::string_view content_type);

class MediaTypes {
 public:
  // Parameters are dropped; what is no media type is reported and left out. "text/*" stands for all
  // of its kind.
  void read(config::Reader& options, std::string_view key);
  bool contains(std::string_view media_type) const;
  bool empty() const { return types_.empty(); }

 private:
  std::vector<std::string> types_;
};

// Bodies that are compressed already: compressing them again costs time and gains nothing.
bool is_compressed_media(std::string_view media_type);

}  // namespace fairlead::middleware
