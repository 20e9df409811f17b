// Certificates, keys and authorities as the configuration names them: a path or inline PEM. Reads
// them, and remembers what each file was, so that a change on disk is noticed. Control thread only.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fairlead::control {

class PemFiles {
 public:
  // A file's bytes together with how to tell that it changed.
  struct Source {
    std::string stamp;  // device, inode, size, time of change; "" = no such file
    std::string text;
    std::string fault;  // for people; "" = none
  };

  // Also remembers the file. "inline" for PEM.
  std::string stamp_of(const std::string& path_or_pem);
  Source read(const std::string& path_or_pem);
  // Before each compilation: only files that it asks for count.
  void forget() { files_.clear(); }
  // Some file is not what it was when it was last asked for.
  bool has_changed() const;

 private:
  std::map<std::string, std::string> files_;  // path → stamp
};

// How to call it in a message.
std::string shown(const std::string& path_or_pem);

}  // namespace fairlead::control
