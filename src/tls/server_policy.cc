#include "tls/server_policy.h"

namespace fairlead::tls {

ServerChoice ServerPolicy::choose(size_t entry_point, std::string_view server_name) const {
  ServerChoice choice =
      choose_with(entry_points[entry_point].context_for(LookupName(server_name)), server_name);
  choice.carries = ServerContext::Carries::http;
  return choice;
}

ServerChoice ServerPolicy::choose_with(const ServerContextPtr& context,
                                       std::string_view server_name) const {
  LookupName name(server_name);
  if (context == nullptr) return {};
  const CertificateSet* found = certificates->find(name);
  if (found == nullptr && context->is_sni_strict()) return {};
  return {context, found != nullptr ? found : &certificates->fallback(),
          ServerContext::Carries::anything};
}

bool ServerPolicy::may_carry(size_t entry_point, const Session& session,
                             std::string_view host) const {
  const EntryPointPolicy& policy = entry_points[entry_point];
  const ServerContextPtr* context = &policy.default_context;
  if (!policy.by_host.empty()) {
    context = &policy.context_for(LookupName(host));
    if (policy.context_for(LookupName(session.server_name)) != *context) return false;
  }
  if (*context == nullptr) return false;
  return session.context == *context ||
         session.context->client_auth_id() == (*context)->client_auth_id();
}

}  // namespace fairlead::tls
