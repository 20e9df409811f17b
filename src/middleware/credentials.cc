#include "middleware/credentials.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "middleware/fields.h"
#include "middleware/password.h"

namespace fairlead::middleware {
namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Credentials Credentials::read(config::Reader& options) {
  Credentials credentials;
  std::vector<std::string> users;
  std::string path;
  options.read("users", users);
  options.read("usersFile", path);
  // Inline users first: add() keeps the first of a name.
  for (const std::string& user : users) credentials.add(options, "users", trimmed(user));
  if (!path.empty()) credentials.read_file(options, path);
  unsigned highest = 0;
  for (const auto& [user, hash] : credentials.hashes_) {
    unsigned cost = cost_of_hash(hash);
    if (!credentials.decoy_.empty() && cost <= highest) continue;
    highest = cost;
    credentials.decoy_ = hash;
  }
  return credentials;
}

void Credentials::add(config::Reader& options, std::string_view key, std::string_view entry) {
  size_t colon = entry.find(':');
  if (colon == 0 || colon == std::string_view::npos ||
      entry.find(':', colon + 1) != std::string_view::npos) {
    options.error(key, "every entry must read name:hash, as htpasswd -nB NAME prints it");
    return;
  }
  std::string user(entry.substr(0, colon));
  std::string hash(entry.substr(colon + 1));
  if (!is_field_value(user)) {
    options.error(key, "a user name holds a control character");
    return;
  }
  std::string_view fault = fault_of_hash(hash);
  if (!fault.empty()) {
    options.error(key, "user \"" + user + "\" " + std::string(fault));
    return;
  }
  hashes_.try_emplace(std::move(user), std::move(hash));
}

void Credentials::read_file(config::Reader& options, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    options.error("usersFile", "cannot read " + path + ": " + std::strerror(errno));
    return;
  }
  std::string line;
  while (std::getline(file, line)) {
    std::string_view entry = trimmed(line);
    if (!entry.empty() && !entry.starts_with('#')) add(options, "usersFile", entry);
  }
  if (file.bad()) options.error("usersFile", "cannot read " + path);
}

const std::string* Credentials::hash_of(std::string_view user) const {
  auto found = hashes_.find(user);
  return found == hashes_.end() ? nullptr : &found->second;
}

}  // namespace fairlead::middleware
