// The provider "file": one file or a directory of them, watched and read again when they change.
// Owned by Control; runs on the control thread's UvLoop.
#pragma once

#include <string_view>

#include "io/file_watch.h"
#include "providers/file/file_source.h"
#include "providers/provider.h"

namespace fairlead::providers::file {

class FileProvider final : public Provider {
 public:
  explicit FileProvider(FileSettings settings);

  std::string_view name() const override { return "file"; }
  io::Task<void> run(io::Scope& scope, FragmentSink& sink) override;

  // Reads everything again, whatever it looks like (SIGHUP). On the loop's thread.
  void reload();

 private:
  // Reads what there is and publishes it when it is news. Returns when to look again without an
  // event; zero for never.
  io::Duration look(io::FileWatch* watch, FragmentSink& sink);
  io::Task<void> follow(io::FileWatch& watch, io::Scope& scope);

  FileSettings settings_;
  FileSource source_;
  io::Event wake_;
  bool is_reload_ = false;
  bool has_published_ = false;
};

}  // namespace fairlead::providers::file
