// What the admin services show: one immutable View, built on the control thread after every
// publication, and the few facts that change in between. The handlers only read; whoever builds the
// view decides what is true.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dynamic.h"
#include "config/entry_point.h"
#include "config/validate.h"

namespace fairlead::admin {

using WallTime = std::chrono::system_clock::time_point;

struct ProviderState {
  std::string name;           // "docker": the part after @
  bool has_reported = false;  // has published at least once
  std::string connection;     // "connecting", "connected", "lost"
  std::string why;            // of the last loss, for people
  bool operator==(const ProviderState&) const = default;
};

// A certificate that is served, as text; filled by whoever may read certificates.
struct CertificateInfo {
  std::string fingerprint;  // SHA-256 of the DER form, in hex: its name in the API
  std::string public_key_fingerprint;
  std::vector<std::string> sans;
  WallTime not_before, not_after;
  std::string serial_number, common_name, issuer_org, issuer_cn, issuer_country, organization,
      country;
  std::string version = "v3", key_type, signature_algorithm;
  int key_size = 0;
};

// What a provider's publication changed; names are for people ("router web@docker").
struct Change {
  WallTime time;
  std::string provider;
  std::vector<std::string> added, removed, changed;
};

struct Features {
  std::string tracing, metrics;  // name of the back end, "" when off
  bool has_access_log = false;
};

struct View {
  uint64_t version = 0;
  WallTime published_at;
  config::MergedObjects objects;  // in force
  config::Validation validation;  // status of each object, and what was taken out
  config::Diagnostics diagnostics;
  std::map<std::string, config::EntryPoint> entry_points;
  std::vector<ProviderState> providers;
  std::vector<CertificateInfo> certificates;
  std::vector<Change> changes;  // newest first, bounded by who builds it
  Features features;
};

class State {
 public:
  virtual ~State() = default;
  // Any thread. Never null.
  virtual std::shared_ptr<const View> view() const = 0;
  // Any thread. Of a server in a service; nullopt when its health is not known here.
  virtual std::optional<bool> is_up(const std::string& service, const std::string& url) const = 0;
  // Any thread. True once the process is on its way out.
  virtual bool is_draining() const = 0;
};

// The State of a running process: the control thread publishes, workers read. A mutex is enough,
// because nothing here is on the path of a client's request.
class PublishedState final : public State {
 public:
  using IsUp =
      std::function<std::optional<bool>(const std::string& service, const std::string& url)>;
  // `is_up` is called from any thread.
  explicit PublishedState(IsUp is_up = {}) : is_up_(std::move(is_up)) {}

  void publish(View view);
  void start_draining();

  std::shared_ptr<const View> view() const override;
  std::optional<bool> is_up(const std::string& service, const std::string& url) const override;
  bool is_draining() const override;

 private:
  const IsUp is_up_;
  mutable std::mutex mutex_;
  std::shared_ptr<const View> view_ = std::make_shared<const View>();
  bool is_draining_ = false;
};

}  // namespace fairlead::admin
