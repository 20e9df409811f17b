#include "middleware/digest_users.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "middleware/fields.h"

namespace fairlead::middleware {
namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// 32 hex digits, in lower case; "" when it is something else.
std::string hash_of(std::string_view text) {
  std::string hash;
  for (char c : text) {
    char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    bool is_hex = (lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f');
    if (!is_hex) return {};
    hash += lower;
  }
  return hash.size() == 32 ? hash : std::string();
}

}  // namespace

DigestUsers DigestUsers::read(config::Reader& options, const std::string& realm) {
  DigestUsers users;
  std::vector<std::string> inline_users;
  std::string path;
  options.read("users", inline_users);
  options.read("usersFile", path);
  // Inline users first: add() keeps the first of a name.
  for (const std::string& entry : inline_users) users.add(options, "users", realm, trimmed(entry));
  if (path.empty()) return users;
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    options.error("usersFile", "cannot read " + path + ": " + std::strerror(errno));
    return users;
  }
  std::string line;
  while (std::getline(file, line)) {
    std::string_view entry = trimmed(line);
    if (!entry.empty() && !entry.starts_with('#')) users.add(options, "usersFile", realm, entry);
  }
  if (file.bad()) options.error("usersFile", "cannot read " + path);
  return users;
}

void DigestUsers::add(config::Reader& options, std::string_view key, const std::string& realm,
                      std::string_view entry) {
  size_t first = entry.find(':');
  size_t second = first == std::string_view::npos ? first : entry.find(':', first + 1);
  if (first == 0 || second == std::string_view::npos) {
    options.error(key, "every entry must read user:realm:hash, as htdigest writes it");
    return;
  }
  std::string user(entry.substr(0, first));
  std::string hash = hash_of(entry.substr(second + 1));
  if (hash.empty() || !is_field_value(user)) {
    options.error(key, "user \"" + user + "\" has no hash of 32 hex digits, as htdigest writes it");
    return;
  }
  if (entry.substr(first + 1, second - first - 1) != realm) {
    options.warning(key, "user \"" + user + "\" is of another realm than \"" + realm +
                             "\" and cannot log in; set realm to theirs");
    return;
  }
  hashes_.try_emplace(std::move(user), std::move(hash));
}

const std::string* DigestUsers::ha1_of(std::string_view user) const {
  auto found = hashes_.find(user);
  return found == hashes_.end() ? nullptr : &found->second;
}

}  // namespace fairlead::middleware
