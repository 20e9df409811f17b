#include "middleware/sniff.h"

#include <algorithm>
#include <cstdint>

namespace fairlead::middleware {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHtmlTags[] = {"<!DOCTYPE HTML",
                                          "<HTML",
                                          "<HEAD",
                                          "<SCRIPT",
                                          "<IFRAME",
                                          "<H1",
                                          "<DIV",
                                          "<FONT",
                                          "<TABLE",
                                          "<A",
                                          "<STYLE",
                                          "<TITLE",
                                          "<B",
                                          "<BODY",
                                          "<BR",
                                          "<P",
                                          "<!--"};

// "?" in the pattern stands for any byte.
struct Signature {
  std::string_view pattern;
  std::string_view type;
};
constexpr Signature kSignatures[] = {
    {"%PDF-"sv, "application/pdf"},
    {"%!PS-Adobe-"sv, "application/postscript"},
    {"\xfe\xff??"sv, "text/plain; charset=utf-16be"},
    {"\xff\xfe??"sv, "text/plain; charset=utf-16le"},
    {"\xef\xbb\xbf?"sv, "text/plain; charset=utf-8"},
    {"\x00\x00\x01\x00"sv, "image/x-icon"},
    {"\x00\x00\x02\x00"sv, "image/x-icon"},
    {"BM"sv, "image/bmp"},
    {"GIF87a"sv, "image/gif"},
    {"GIF89a"sv, "image/gif"},
    {"RIFF????WEBPVP"sv, "image/webp"},
    {"\x89PNG\r\n\x1a\n"sv, "image/png"},
    {"\xff\xd8\xff"sv, "image/jpeg"},
    {"FORM????AIFF"sv, "audio/aiff"},
    {"ID3"sv, "audio/mpeg"},
    {"OggS\x00"sv, "application/ogg"},
    {"MThd\x00\x00\x00\x06"sv, "audio/midi"},
    {"RIFF????AVI "sv, "video/avi"},
    {"RIFF????WAVE"sv, "audio/wave"},
    {"\x1a\x45\xdf\xa3"sv, "video/webm"},
    {"\x00\x01\x00\x00"sv, "font/ttf"},
    {"OTTO"sv, "font/otf"},
    {"ttcf"sv, "font/collection"},
    {"wOFF"sv, "font/woff"},
    {"wOF2"sv, "font/woff2"},
    {"\x1f\x8b\x08"sv, "application/x-gzip"},
    {"PK\x03\x04"sv, "application/zip"},
    {"Rar!\x1a\x07\x00"sv, "application/x-rar-compressed"},
    {"Rar!\x1a\x07\x01\x00"sv, "application/x-rar-compressed"},
    {"\x00\x61\x73\x6d"sv, "application/wasm"},
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c; }

bool is_html(std::string_view bytes) {
  return std::any_of(std::begin(kHtmlTags), std::end(kHtmlTags), [&](std::string_view tag) {
    if (bytes.size() <= tag.size()) return false;
    bool is_equal = std::equal(tag.begin(), tag.end(), bytes.begin(),
                               [](char want, char have) { return want == upper(have); });
    return is_equal && (bytes[tag.size()] == ' ' || bytes[tag.size()] == '>');
  });
}

bool fits(std::string_view bytes, std::string_view pattern) {
  return bytes.size() >= pattern.size() &&
         std::equal(pattern.begin(), pattern.end(), bytes.begin(),
                    [](char want, char have) { return want == '?' || want == have; });
}

// An ISO base media file whose major or compatible brands say "mp4".
bool is_mp4(std::string_view bytes) {
  if (bytes.size() < 12) return false;
  uint32_t box = 0;
  for (size_t i = 0; i < 4; ++i) box = box << 8 | static_cast<uint8_t>(bytes[i]);
  if (bytes.size() < box || box % 4 != 0 || bytes.substr(4, 4) != "ftyp") return false;
  for (size_t at = 8; at + 4 <= box; at += 4) {
    if (at != 12 && bytes.substr(at, 3) == "mp4") return true;  // 12 is the minor version
  }
  return false;
}

// Windows' embedded fonts: anything, then "LP" at byte 34.
bool is_embedded_font(std::string_view bytes) {
  return bytes.size() >= 36 && bytes.substr(34, 2) == "LP";
}

bool is_binary(char c) {
  auto byte = static_cast<uint8_t>(c);
  return byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) ||
         (byte >= 0x1c && byte <= 0x1f);
}

}  // namespace

std::string_view sniff_content_type(std::string_view bytes) {
  bytes = bytes.substr(0, kSniffedBytes);
  size_t first = std::min(bytes.find_first_not_of("\t\n\f\r "), bytes.size());
  std::string_view text = bytes.substr(first);
  if (is_html(text)) return "text/html; charset=utf-8";
  if (text.starts_with("<?xml")) return "text/xml; charset=utf-8";
  for (const Signature& signature : kSignatures) {
    if (fits(bytes, signature.pattern)) return signature.type;
  }
  if (is_mp4(bytes)) return "video/mp4";
  if (std::none_of(text.begin(), text.end(), is_binary)) return "text/plain; charset=utf-8";
  return is_embedded_font(bytes) ? "application/vnd.ms-fontobject" : "application/octet-stream";
}

}  // namespace fairlead::middleware
