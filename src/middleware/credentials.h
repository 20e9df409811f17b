// Users and their password hashes as basicAuth knows them, from the options and from a file. Read
// once when the middleware is made; immutable afterwards.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.h"

namespace fairlead::middleware {

class Credentials {
 public:
  // Reads `users` ("name:hash" each) and `usersFile` (one a line, "#" begins a comment line). An
  // inline user wins over one of the file. Each entry that cannot be used is reported (without its
  // hash) and left out.
  static Credentials read(config::Reader& options);

  bool empty() const { return hashes_.empty(); }
  // Null when there is no such user.
  const std::string* hash_of(std::string_view user) const;
  // The hash that costs most to check, for users that do not exist: how long we take does not tell
  // who does.
  const std::string& decoy() const { return decoy_; }

 private:
  void add(config::Reader& options, std::string_view key, std::string_view entry);
  void read_file(config::Reader& options, const std::string& path);

  std::map<std::string, std::string, std::less<>> hashes_;
  std::string decoy_;
};

}  // namespace fairlead::middleware
