#include "providers/file/file_provider.h"

#include <utility>

#include "base/log.h"

namespace fairlead::providers::file {
namespace {

// One saving is several events; they all come within this time.
constexpr io::Duration kSettle{20};
// How often to look where watching is impossible (no such directory, inotify limits).
constexpr io::Duration kPoll{2000};

}  // namespace

FileProvider::FileProvider(FileSettings settings)
    : settings_(std::move(settings)), source_(settings_) {}

io::Task<void> FileProvider::run(io::Scope& scope, FragmentSink& sink) {
  std::unique_ptr<io::FileWatch> watch;
  if (settings_.watches) {
    Result<std::unique_ptr<io::FileWatch>> opened = io::FileWatch::open();
    if (opened) watch = std::move(*opened);
    if (!opened)
      log::warn("files cannot be watched and are looked at every 2 s", {{"provider", "file"}});
  }
  io::Scope following(&scope);
  if (watch) following.spawn(follow(*watch, following));
  while (!scope.is_cancelled()) {
    io::Duration again = look(watch.get(), sink);
    if (!wake_.is_set()) {
      Result<void> woken = co_await wake_.wait(&scope, io::Timeout{again, Code::ok});
      if (!woken) break;
    }
    if (!is_reload_ && wake_.is_set()) {
      (void)co_await io::sleep_for(kSettle, &scope);
    }
  }
  co_await following.join();
}

void FileProvider::reload() {
  is_reload_ = true;
  wake_.set();
}

io::Duration FileProvider::look(io::FileWatch* watch, FragmentSink& sink) {
  using Trust = FileSource::Trust;
  Trust trust = std::exchange(is_reload_, false) ? Trust::reread_all : Trust::usual;
  wake_.reset();
  // Watching starts before reading: a change in between is an event, and read again.
  source_.survey();
  bool is_watched = watch != nullptr && watch->watch(source_.directories());
  FileSource::Look seen = source_.refresh(io::Loop::current()->now(), trust);
  if (seen.has_changed || !has_published_) {
    has_published_ = true;
    config::Fragment fragment = source_.fragment();
    std::string why;
    if (!source_.has_any() && config::has_errors(fragment.diagnostics)) {
      why = fragment.diagnostics.front().text();
    }
    sink.connection(name(), why.empty() ? Connection::connected : Connection::lost, why);
    sink.publish(std::move(fragment));
  }
  if (seen.wants_another_look) return std::chrono::duration_cast<io::Duration>(FileSource::kDoubt);
  return settings_.watches && !is_watched ? kPoll : io::Duration::zero();
}

io::Task<void> FileProvider::follow(io::FileWatch& watch, io::Scope& scope) {
  for (;;) {
    Result<void> changed = co_await watch.changed(scope);
    if (!changed) break;
    wake_.set();
  }
}

}  // namespace fairlead::providers::file
