// Where the fragments of all providers meet: the latest of each counts, equal ones are dropped,
// bursts are held off, and what remains is handed to `apply` in one call. Also knows who has spoken
// (for /ready), what changed lately, and keeps each provider's last configuration on disk for the
// next start. Owned by Control; control thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/change_log.h"
#include "control/last_good.h"
#include "io/wait.h"
#include "providers/provider.h"

namespace fairlead::control {

class ConfigHub final : public providers::FragmentSink {
 public:
  // Everything there is, by provider name; the pointers are good during the call.
  using Apply = std::function<void(const std::vector<const config::Fragment*>& fragments)>;
  using OffLoop = std::function<io::Task<void>(std::function<void()> job)>;

  struct Settings {
    std::vector<std::string> expected;  // providers whose first word /ready waits for
    std::string state_dir;              // "" = nothing is kept on disk
    // Sources that people edit: when their first word is nothing but errors, the saved
    // configuration goes on.
    std::vector<std::string> edited_by_hand = {"file"};
    // The first change after a calm time passes at once; later ones wait until it is quiet, but
    // never long.
    io::Duration calm{1000};
    io::Duration quiet{20};
    io::Duration longest{300};
    io::Duration save_after{1000};
    OffLoop off_loop;  // io::run_on_pool; empty runs the job at once
    std::function<WallTime()> wall_clock = [] { return std::chrono::system_clock::now(); };
  };

  struct ProviderStatus {
    bool is_expected = false;
    bool has_spoken = false;
    bool is_applied = false;    // what it said first has been handed over
    bool is_from_disk = false;  // what counts is the saved configuration
    providers::Connection connection = providers::Connection::connecting;
    std::string why;  // of the connection
    size_t errors = 0, warnings = 0;
  };

  ConfigHub(Settings settings, Apply apply);

  // Applies what is saved, then every change, until the scope is cancelled; then saves what is left
  // to save.
  io::Task<void> run(io::Scope& scope);

  void publish(config::Fragment fragment) override;
  void connection(std::string_view provider, providers::Connection state,
                  std::string_view why) override;

  // Something that the configuration points at (a certificate file) is not what it was: hands over
  // what there is again.
  void reapply() { note_change(); }

  // Every expected provider has spoken and what it said was handed over.
  bool is_ready() const;
  std::map<std::string, ProviderStatus> providers() const;
  const std::deque<Change>& changes() const { return changes_.entries(); }

 private:
  using FragmentPtr = std::shared_ptr<const config::Fragment>;
  struct Source {
    ProviderStatus status;
    FragmentPtr said;       // last published, as it was
    FragmentPtr effective;  // what counts
    FragmentPtr applied;    // what was handed over last
    bool is_unsaved = false;
  };

  Source& source(std::string_view provider);
  bool keeps_saved(const Source& source) const;
  void note_change();
  void load_saved();
  void hand_over();
  io::Task<void> hold_off(io::Scope& scope);
  io::Task<void> save_changes(io::Scope& scope);
  io::Task<void> save_unsaved(OffLoop off_loop);

  Settings settings_;
  Apply apply_;
  LastGood last_good_;
  ChangeLog changes_;
  std::map<std::string, Source, std::less<>> sources_;
  io::Event changed_, unsaved_;
  bool is_pending_ = false;
  bool was_calm_ = true;
  bool has_changed_before_ = false;
  io::TimePoint first_change_{}, last_change_{};
};

}  // namespace fairlead::control
