// How each entry point answers TLS clients, as of one configuration: certificates by name, options
// by name. Part of a snapshot; immutable, made on the control thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tls/server_context.h"
#include "tls/session.h"
#include "tls/sni_index.h"

namespace fairlead::tls {

class EntryPointPolicy {
 public:
  // Whether clients of the entry point may speak TLS at all.
  bool is_enabled = false;
  ServerContextPtr default_context;   // null: every name without options of its own is refused
  TextMap<ServerContextPtr> by_host;  // exact names; null: clients of this name are refused

  const ServerContextPtr& context_for(const LookupName& host) const {
    auto at = by_host.find(host.text());
    return at != by_host.end() ? at->second : default_context;
  }
};

// What serves one connection. Both null: it must be refused.
struct ServerChoice {
  ServerContextPtr context;
  const CertificateSet* certificates = nullptr;  // in the policy
  ServerContext::Carries carries = ServerContext::Carries::http;
};

struct ServerPolicy {
  std::shared_ptr<const SniIndex> certificates;
  std::vector<EntryPointPolicy> entry_points;  // in the order of the static configuration

  bool is_enabled(size_t entry_point) const {
    return entry_point < entry_points.size() && entry_points[entry_point].is_enabled;
  }
  ServerChoice choose(size_t entry_point, std::string_view server_name) const;
  // The same for a TCP service, where the options are known already; they may be null.
  ServerChoice choose_with(const ServerContextPtr& context, std::string_view server_name) const;
  // Whether a connection may carry requests for `host` (RFC 9110 §7.4): the name it was made for
  // and the host are served with the same options, and it has met what these demand of client
  // certificates by now.
  bool may_carry(size_t entry_point, const Session& session, std::string_view host) const;
};

}  // namespace fairlead::tls
