#include "control/config_hub.h"

#include <algorithm>

#include "base/log.h"

namespace fairlead::control {
namespace {

std::string_view name(providers::Connection state) {
  static constexpr std::string_view kNames[] = {"connecting", "connected", "lost"};
  return kNames[static_cast<size_t>(state)];
}

io::Task<void> run_at_once(std::function<void()> job) {
  job();
  return {};
}

void log_all(const config::Diagnostics& diagnostics) {
  for (const config::Diagnostic& one : diagnostics) {
    log::warn(one.message, {{"provider", one.source}});
  }
}

}  // namespace

ConfigHub::ConfigHub(Settings settings, Apply apply)
    : settings_(std::move(settings)), apply_(std::move(apply)), last_good_(settings_.state_dir) {
  if (!settings_.off_loop) settings_.off_loop = run_at_once;
  for (const std::string& provider : settings_.expected) source(provider).status.is_expected = true;
}

io::Task<void> ConfigHub::run(io::Scope& scope) {
  load_saved();
  io::Scope saving(&scope);
  saving.spawn(save_changes(saving));
  while (!scope.is_cancelled()) {
    if (!changed_.is_set()) {
      Result<void> woken = co_await changed_.wait(&scope);
      if (!woken) break;
    }
    co_await hold_off(scope);
    hand_over();
  }
  co_await saving.join();
}

void ConfigHub::publish(config::Fragment fragment) {
  Source& from = source(fragment.provider);
  bool is_news = !from.status.has_spoken || !from.said || *from.said != fragment;
  if (!is_news) return;
  from.said = std::make_shared<const config::Fragment>(std::move(fragment));
  const config::Diagnostics& diagnostics = from.said->diagnostics;
  from.status.has_spoken = true;
  from.status.errors = static_cast<size_t>(
      std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity));
  from.status.warnings = diagnostics.size() - from.status.errors;
  if (keeps_saved(from)) {
    config::Fragment kept{from.said->provider, from.effective->objects, diagnostics};
    kept.diagnostics.push_back({config::Severity::warning, kept.provider, "", "",
                                "nothing of it can be used; the configuration saved before the "
                                "last restart goes on"});
    from.effective = std::make_shared<const config::Fragment>(std::move(kept));
  } else {
    from.effective = from.said;
    from.status.is_from_disk = false;
    from.is_unsaved = true;
  }
  note_change();
}

void ConfigHub::connection(std::string_view provider, providers::Connection state,
                           std::string_view why) {
  ProviderStatus& status = source(provider).status;
  if (status.connection == state && status.why == why) return;
  status.connection = state;
  status.why = why;
  log::Fields fields = {{"provider", provider}, {"state", name(state)}, {"reason", why}};
  if (state == providers::Connection::lost) {
    log::warn("provider connection", fields);
  } else {
    log::info("provider connection", fields);
  }
}

bool ConfigHub::is_ready() const {
  return std::ranges::all_of(sources_, [](const auto& entry) {
    return !entry.second.status.is_expected || entry.second.status.is_applied;
  });
}

std::map<std::string, ConfigHub::ProviderStatus> ConfigHub::providers() const {
  std::map<std::string, ProviderStatus> out;
  for (const auto& [provider, from] : sources_) out.emplace(provider, from.status);
  return out;
}

ConfigHub::Source& ConfigHub::source(std::string_view provider) {
  auto found = sources_.find(provider);
  if (found == sources_.end()) found = sources_.emplace(std::string(provider), Source{}).first;
  return found->second;
}

bool ConfigHub::keeps_saved(const Source& from) const {
  const auto& edited = settings_.edited_by_hand;
  return from.status.is_from_disk && from.status.errors > 0 &&
         from.said->objects == config::Objects{} &&
         std::ranges::find(edited, from.said->provider) != edited.end();
}

void ConfigHub::note_change() {
  io::TimePoint now = io::Loop::current()->now();
  if (!is_pending_) {
    is_pending_ = true;
    was_calm_ = !has_changed_before_ || now - last_change_ >= settings_.calm;
    first_change_ = now;
  }
  has_changed_before_ = true;
  last_change_ = now;
  changed_.set();
}

void ConfigHub::load_saved() {
  if (settings_.state_dir.empty()) return;
  config::Diagnostics diagnostics;
  bool has_any = false;
  for (const std::string& provider : settings_.expected) {
    Source& from = source(provider);
    if (from.status.has_spoken) continue;
    std::optional<config::Fragment> saved = last_good_.load(provider, diagnostics);
    if (!saved) continue;
    from.effective = std::make_shared<const config::Fragment>(std::move(*saved));
    from.status.is_from_disk = true;
    has_any = true;
    log::info("serving the saved configuration until the provider has spoken",
              {{"provider", provider}});
  }
  log_all(diagnostics);
  if (has_any) hand_over();
}

void ConfigHub::hand_over() {
  changed_.reset();
  is_pending_ = false;
  std::vector<const config::Fragment*> fragments;
  for (auto& [provider, from] : sources_) {
    if (!from.effective) continue;
    fragments.push_back(from.effective.get());
    if (from.applied == from.effective) continue;
    Change change = difference(provider, from.applied ? from.applied->objects : config::Objects{},
                               from.effective->objects);
    change.time = settings_.wall_clock();
    if (!change.is_empty()) changes_.add(std::move(change));
    from.applied = from.effective;
  }
  apply_(fragments);
  for (auto& [provider, from] : sources_) {
    if (from.status.has_spoken) from.status.is_applied = true;
    if (from.is_unsaved) unsaved_.set();
  }
}

io::Task<void> ConfigHub::hold_off(io::Scope& scope) {
  while (!was_calm_ && !scope.is_cancelled()) {
    io::TimePoint until =
        std::min(last_change_ + settings_.quiet, first_change_ + settings_.longest);
    io::Duration left = until - io::Loop::current()->now();
    if (left <= io::Duration::zero()) break;
    changed_.reset();
    (void)co_await changed_.wait(&scope, io::Timeout{left, Code::ok});
  }
}

// Writing waits a little after handing over: it is for the next start, and bursts need only one
// file.
io::Task<void> ConfigHub::save_changes(io::Scope& scope) {
  if (settings_.state_dir.empty()) co_return;
  while (!scope.is_cancelled()) {
    if (!unsaved_.is_set()) {
      Result<void> woken = co_await unsaved_.wait(&scope);
      if (!woken) break;
    }
    Result<void> rested = co_await io::sleep_for(settings_.save_after, &scope);
    if (!rested) break;
    co_await save_unsaved(settings_.off_loop);
  }
  co_await save_unsaved(run_at_once);
}

io::Task<void> ConfigHub::save_unsaved(OffLoop off_loop) {
  unsaved_.reset();
  std::vector<FragmentPtr> fragments;
  for (auto& [provider, from] : sources_) {
    if (!from.is_unsaved) continue;
    from.is_unsaved = false;
    if (from.status.is_expected && from.effective) fragments.push_back(from.effective);
  }
  for (const FragmentPtr& fragment : fragments) {
    auto why = std::make_shared<std::string>();
    std::function<void()> job = [this, fragment, why] { *why = last_good_.save(*fragment); };
    co_await off_loop(std::move(job));
    if (!why->empty()) {
      log::warn("the configuration could not be saved for the next start",
                {{"provider", fragment->provider}, {"error", *why}});
    }
  }
}

}  // namespace fairlead::control
