#include "control/pem_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <sys/stat.h>

namespace fairlead::control {
namespace {

constexpr size_t kMaxPemBytes = 1024 * 1024;

bool is_inline_pem(std::string_view text) { return text.find("-----BEGIN ") != text.npos; }

std::string file_stamp(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino) + ' ' +
         std::to_string(status.st_size) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
         std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace

std::string shown(const std::string& path_or_pem) {
  return is_inline_pem(path_or_pem) ? "inline PEM" : path_or_pem;
}

std::string PemFiles::stamp_of(const std::string& path) {
  if (is_inline_pem(path)) return "inline";
  std::string stamp = file_stamp(path);
  files_[path] = stamp;
  return stamp;
}

PemFiles::Source PemFiles::read(const std::string& path_or_pem) {
  Source source;
  source.stamp = stamp_of(path_or_pem);
  if (is_inline_pem(path_or_pem)) {
    source.text = path_or_pem;
    return source;
  }
  std::ifstream file(path_or_pem, std::ios::binary);
  if (!file) {
    source.fault = "cannot be read: " + std::string(std::strerror(errno));
    return source;
  }
  source.text.resize(kMaxPemBytes + 1);
  file.read(source.text.data(), static_cast<std::streamsize>(source.text.size()));
  source.text.resize(static_cast<size_t>(file.gcount()));
  if (source.text.size() > kMaxPemBytes)
    source.fault = "is larger than 1 MiB, which no PEM file needs";
  return source;
}

bool PemFiles::has_changed() const {
  return std::ranges::any_of(
      files_, [](const auto& file) { return file_stamp(file.first) != file.second; });
}

}  // namespace fairlead::control
