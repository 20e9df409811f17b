// The configuration files as they were last read well. Each file stands by itself: one that cannot
// be parsed keeps what it said before and costs the others nothing. Reads files, knows nothing of
// loops or watches; one thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "providers/file/survey.h"
#include "providers/file/template.h"

namespace fairlead::providers::file {

struct FileSettings {
  std::string filename;  // exactly one of the two
  std::string directory;
  bool watches = true;
};

class FileSource {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // A file that suddenly is empty or gone is believed only after this time: it may be in the middle
  // of being saved.
  static constexpr std::chrono::milliseconds kDoubt{1000};

  enum class Trust : uint8_t {
    usual,
    reread_all
  };  // reread_all: on request, even what looks unchanged

  explicit FileSource(FileSettings settings, Environment environment = process_environment());

  // Finds the files; directories() then says what to watch before refresh() reads them.
  void survey();
  const std::vector<std::string>& directories() const { return survey_.directories; }

  struct Look {
    bool has_changed = false;         // fragment() differs from before
    bool wants_another_look = false;  // after kDoubt, even without an event
  };
  Look refresh(Time now, Trust trust = Trust::usual);

  // Everything the files say, with what is wrong in them.
  config::Fragment fragment() const;
  // At least one file could be read.
  bool has_any() const;

 private:
  // Tells whether a file must be read again without reading it.
  struct Stamp {
    int64_t modified_ns = 0, changed_ns = 0, bytes = 0;
    uint64_t device = 0, inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    std::optional<Stamp> stamp;
    std::string text;  // as last seen
    bool has_good = false;
    config::Objects objects;          // as last read well
    config::Diagnostics diagnostics;  // of the last reading
    std::optional<Time> doubted_since;
    bool is_listed = false;
  };

  void look_at(const std::string& path, File& file, Time now, Trust trust, Look& look);
  void take_text(const std::string& path, File& file, std::string text, Look& look);
  void note_fault(const std::string& path, File& file, std::string why, Look& look);
  bool is_believed(File& file, Time now, Trust trust, Look& look);
  void settle_missing(Time now, Trust trust, Look& look);

  FileSettings settings_;
  Environment environment_;
  Survey survey_;
  config::Diagnostics survey_faults_;  // as last reported
  std::map<std::string, File> files_;
};

}  // namespace fairlead::providers::file
