#include "middleware/media_type.h"

#include <algorithm>

#include "http/message.h"
#include "middleware/fields.h"

namespace fairlead::middleware {
namespace {

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
  return http::equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

bool fits(std::string_view pattern, std::string_view media_type) {
  if (pattern.ends_with("/*")) {
    return starts_with_ignore_case(media_type, pattern.substr(0, pattern.size() - 1));
  }
  return http::equals_ignore_case(pattern, media_type);
}

bool is_media_type(std::string_view text) {
  size_t slash = text.find('/');
  return slash != std::string_view::npos && is_field_name(text.substr(0, slash)) &&
         is_field_name(text.substr(slash + 1));
}

}  // namespace

std::string_view media_type_of(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  size_t begin = type.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return type.substr(begin, type.find_last_not_of(" \t") - begin + 1);
}

void MediaTypes::read(config::Reader& options, std::string_view key) {
  std::vector<std::string> found;
  options.read(key, found);
  for (const std::string& one : found) {
    std::string_view type = media_type_of(one);
    if (!is_media_type(type)) {
      options.error(key, "\"" + one + "\" is not a media type; write for instance text/html");
      continue;
    }
    types_.emplace_back(type);
  }
}

bool MediaTypes::contains(std::string_view media_type) const {
  return std::any_of(types_.begin(), types_.end(),
                     [&](const std::string& type) { return fits(type, media_type); });
}

bool is_compressed_media(std::string_view media_type) {
  constexpr std::string_view kPlainImages[] = {"image/svg+xml", "image/bmp", "image/x-icon",
                                               "image/vnd.microsoft.icon"};
  constexpr std::string_view kCompressed[] = {
      "image/*",
      "video/*",
      "audio/*",
      "font/woff",
      "font/woff2",
      "application/font-woff",
      "application/zip",
      "application/gzip",
      "application/x-gzip",
      "application/zstd",
      "application/x-bzip2",
      "application/x-xz",
      "application/x-7z-compressed",
      "application/vnd.rar",
      "application/x-rar-compressed",
      "application/java-archive",
  };
  auto is_it = [&](std::string_view pattern) { return fits(pattern, media_type); };
  if (std::any_of(std::begin(kPlainImages), std::end(kPlainImages), is_it)) return false;
  return std::any_of(std::begin(kCompressed), std::end(kCompressed), is_it);
}

}  // namespace fairlead::middleware
