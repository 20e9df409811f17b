// From serversTransports to what the data plane dials with: limits, pool sizes and a TLS client
// context with its files read. What did not change is the same object as before, so services and
// pools stay. Control thread only.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/dynamic.h"
#include "config/static_sections.h"
#include "control/pem_files.h"
#include "tls/client_context.h"
#include "upstream/transport.h"

namespace fairlead::control {

// The static serversTransport, and the process-wide limits that hold for every transport.
struct TransportSettings {
  config::ServersTransportConfig defaults;
  io::Duration connect{30'000};
  io::Duration head{0};
  io::Duration idle{0};
};

class TransportCompiler {
 public:
  using TransportPtr = std::shared_ptr<const upstream::Transport>;

  explicit TransportCompiler(TransportSettings settings) : settings_(std::move(settings)) {}

  // Around each compilation.
  void begin(const config::OtherObjects& objects);
  void end(config::Diagnostics& diagnostics);
  // The transport of a qualified name; "" and "default@internal" are the static one. Without
  // `needs_tls` no file is read. A fault leaves its `tls` null: https servers answer 500 until it
  // is mended.
  TransportPtr get(const std::string& name, bool needs_tls);

  bool has_changed_files() const { return files_.has_changed(); }

 private:
  struct Spec {
    config::ServersTransportConfig keys;
    std::vector<tls::PeerName> peer_names;
    bool operator==(const Spec&) const = default;
  };
  struct Made {
    Spec spec;
    std::string digest;  // of the files' contents
    TransportPtr made;
    config::Diagnostics notes;
    bool is_used = false;
  };
  struct Files {
    std::vector<std::string> ca_bundles;
    std::vector<tls::CertificatePtr> certificates;
    std::string digest;
    std::string fault;  // begins with the option
  };

  Spec decode(const std::string& name, config::Diagnostics& notes) const;
  Files read_files(const Spec& spec);
  TransportPtr make(const Spec& spec, tls::ClientContextPtr context, const Files& files);
  void refresh(const std::string& name, bool needs_tls, Made& made);

  TransportSettings settings_;
  PemFiles files_;
  std::map<std::pair<std::string, bool>, Made> made_;
  std::array<Made*, 2> static_{};                  // without and with TLS, once asked for
  const config::OtherObjects* objects_ = nullptr;  // while compiling
};

}  // namespace fairlead::control
