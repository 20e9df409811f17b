// Users of digestAuth, "user:realm:HA1" each, from the options and from a file. Read once when the
// middleware is made; immutable afterwards.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.h"

namespace fairlead::middleware {

class DigestUsers {
 public:
  // Reads `users` and `usersFile` (one a line, "#" begins a comment line); those of other realms
  // are left out. An inline user wins over one of the file. Each entry that cannot be used is
  // reported, without its hash.
  static DigestUsers read(config::Reader& options, const std::string& realm);

  bool empty() const { return hashes_.empty(); }
  // MD5(user:realm:password) in lower-case hex; null when there is no such user.
  const std::string* ha1_of(std::string_view user) const;

 private:
  void add(config::Reader& options, std::string_view key, const std::string& realm,
           std::string_view entry);

  std::map<std::string, std::string, std::less<>> hashes_;
};

}  // namespace fairlead::middleware
