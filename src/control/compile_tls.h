// The TLS part of a snapshot: certificates from files or inline PEM, options by name, and which
// options a host is served with. What did not change is the same object as before, so that a change
// costs what it touches: a certificate is parsed once for as long as its bytes stay the same. What
// is broken is left out with a diagnostic. Control thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/dynamic.h"
#include "control/pem_files.h"
#include "tls/server_policy.h"

namespace fairlead::control {

// A router with `tls`, as far as handshakes are concerned.
struct TlsRouter {
  const std::string& name;
  const std::vector<std::string>& hosts;
  const std::string& options;  // qualified; "" = default
};

struct TlsEntryPoint {
  bool is_enabled = false;
  std::vector<TlsRouter> routers;
};

class TlsCompiler {
 public:
  std::shared_ptr<const tls::ServerPolicy> compile(const config::OtherObjects& objects,
                                                   const std::vector<TlsEntryPoint>& entry_points,
                                                   config::Diagnostics& diagnostics);
  // A certificate, key or CA file is not what it was when it was last read.
  bool has_changed_files() const { return files_.has_changed(); }

  // Of the configuration compiled last; "" is "default". Null: no such options, or broken ones.
  tls::ServerContextPtr context_named(const std::string& name) const;

  // For metrics and the API: what is served, the default certificate of a store included.
  const std::vector<tls::CertificatePtr>& certificates() const { return in_use_; }

 private:
  struct MadeCertificate {
    std::string stamps;
    std::string digest;  // of both texts
    tls::CertificatePtr made;
    std::string fault;
    bool is_used = false;
  };
  struct MadeOptions {
    tls::ServerOptions options;
    std::vector<std::string> warnings;
    tls::ServerContextPtr made;
    std::string fault;
    bool is_used = false;
  };

  tls::CertificatePtr certificate(const config::CertificateSpec& spec, const std::string& object,
                                  config::Diagnostics& diagnostics);
  void load(MadeCertificate& made, const config::CertificateSpec& spec);
  tls::ServerContextPtr context(const std::string& name, const config::OpaqueSpec& spec,
                                config::Diagnostics& diagnostics);
  tls::ServerOptions decode(const std::string& name, const config::OpaqueSpec& spec,
                            config::Diagnostics& diagnostics);
  std::shared_ptr<const tls::SniIndex> index(const config::OtherObjects& objects,
                                             config::Diagnostics& diagnostics);
  tls::CertificatePtr store_default(const config::OtherObjects& objects,
                                    config::Diagnostics& diagnostics);
  void assign_hosts(const TlsEntryPoint& from, tls::EntryPointPolicy& to,
                    config::Diagnostics& diagnostics);

  std::map<std::pair<std::string, std::string>, MadeCertificate>
      certificates_;                                       // by certFile and keyFile
  std::map<std::string, MadeOptions> options_;             // by name
  std::map<std::string, tls::ServerContextPtr> contexts_;  // of this configuration; null: broken
  PemFiles files_;
  std::vector<tls::CertificatePtr> in_use_;
  tls::CertificatePtr fallback_;
  std::shared_ptr<const tls::SniIndex> index_;
};

}  // namespace fairlead::control
