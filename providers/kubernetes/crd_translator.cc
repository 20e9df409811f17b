#include "providers/kubernetes/crd_translator.h"

#include <algorithm>

namespace fairlead::providers::kubernetes {

namespace {

bool is_custom(Kind kind) { return kind >= Kind::ingress_route; }

BackendSettings backend_settings(const config::KubernetesCrdConfig& config) {
  BackendSettings settings;
  settings.allows_external_names = config.allows_external_name_services;
  settings.has_native_lb_by_default = config.has_native_lb_by_default;
  settings.reads_traefik_annotations = false;
  return settings;
}

void translate(CustomTranslation& t) {
  switch (t.kind) {
    case Kind::ingress_route:
      return translate_ingress_route(t);
    case Kind::ingress_route_tcp:
    case Kind::ingress_route_udp:
      return translate_stream_route(t);
    case Kind::middleware:
    case Kind::middleware_tcp:
      return translate_middleware(t);
    case Kind::traefik_service:
      return translate_traefik_service(t);
    case Kind::servers_transport:
    case Kind::servers_transport_tcp:
      return translate_servers_transport(t);
    case Kind::tls_option:
      return translate_tls_option(t);
    case Kind::tls_store:
      return translate_tls_store(t);
    default:
      return;
  }
}

std::string_view word_of(Kind kind) {
  static constexpr std::string_view kWords[] = {
      "IngressRoute",     "IngressRouteTCP",    "IngressRouteUDP", "Middleware",
      "MiddlewareTCP",    "TraefikService",     "TLSOption",       "TLSStore",
      "ServersTransport", "ServersTransportTCP"};
  return kWords[static_cast<size_t>(kind) - static_cast<size_t>(Kind::ingress_route)];
}

}  // namespace

CrdTranslator::CrdTranslator(config::KubernetesCrdConfig config)
    : config_(std::move(config)),
      backends_(backend_settings(config_), fragment_.objects.services, names_) {
  fragment_.provider = "kubernetescrd";
}

std::set<std::string> CrdTranslator::keys_of(const Users& users) {
  std::set<std::string> keys;
  for (const auto& [key, subjects] : users) keys.insert(key);
  return keys;
}

CrdTranslator::Subjects CrdTranslator::dirty(const Changes& changes) const {
  Subjects all;
  auto add_users = [&](const Users& users, const std::string& key) {
    auto found = users.find(key);
    if (found != users.end()) all.insert(found->second.begin(), found->second.end());
  };
  for (const auto& [kind, key] : changes) {
    if (is_custom(kind)) all.insert({kind, key});
    if (kind == Kind::ingress_route) all.insert(children_.begin(), children_.end());
    if (kind == Kind::secret) add_users(users_of_secret_, key);
    if (kind == Kind::config_map) add_users(users_of_config_map_, key);
    if (kind == Kind::service || kind == Kind::endpoint_slice) add_users(users_of_service_, key);
  }
  return all;
}

void CrdTranslator::update(const ObjectStore& store, const Changes& changes) {
  backends_.set_store(store);
  for (const auto& [kind, key] : changes) {
    if (kind == Kind::service || kind == Kind::endpoint_slice) backends_.refresh(key);
    if (kind == Kind::node) backends_.refresh_all();
  }
  Subjects changed = dirty(changes);
  for (const Subject& subject : changed) translate_again(store, subject);
  if (!changed.empty() || backends_.take_findings_change()) gather();
}

void CrdTranslator::translate_again(const ObjectStore& store, const Subject& subject) {
  const CustomObject* object = store.custom(subject.kind).find(subject.key);
  if (object == nullptr) {
    auto old = parts_.find(subject);
    if (old == parts_.end()) return;
    take_away(subject, old->second);
    parts_.erase(old);
    return;
  }
  CustomTranslation translation(config_, store, backends_, subject.kind, *object);
  translate(translation);
  place(subject, std::move(translation.part));
}

// Calls visit(word, section of the part, section of the fragment) for each.
template <class Visit>
void CrdTranslator::each_section(config::Objects& from, Visit visit) {
  config::Objects& into = fragment_.objects;
  visit("router", from.routers, into.routers);
  visit("service", from.services, into.services);
  visit("middleware", from.middlewares, into.middlewares);
  visit("transport", from.servers_transports, into.servers_transports);
  visit("tcp router", from.tcp_routers, into.tcp_routers);
  visit("tcp service", from.tcp_services, into.tcp_services);
  visit("tcp middleware", from.tcp_middlewares, into.tcp_middlewares);
  visit("tcp transport", from.tcp_servers_transports, into.tcp_servers_transports);
  visit("udp router", from.udp_routers, into.udp_routers);
  visit("udp service", from.udp_services, into.udp_services);
  visit("options", from.tls_options, into.tls_options);
  visit("store", from.tls_stores, into.tls_stores);
}

void CrdTranslator::place(const Subject& subject, CustomPart part) {
  auto old = parts_.find(subject);
  if (old != parts_.end()) take_away(subject, old->second);
  each_section(part.objects, [&](const char* word, auto& from, auto& into) {
    for (auto at = from.begin(); at != from.end();) {
      auto [owner, is_new] = owners_.try_emplace(std::string(word) + "/" + at->first, subject);
      // A name that another namespace's object normalises to must not be taken over.
      bool is_ours = owner->second == subject && (is_new || !into.contains(at->first));
      if (is_ours && !into.contains(at->first)) {
        into.emplace(at->first, at->second);
        ++at;
        continue;
      }
      part.findings.push_back({config::Severity::error, "NameConflict", "",
                               "its " + std::string(word) + " \"" + at->first +
                                   "\" is defined by another object already"});
      if (is_new) owners_.erase(owner);
      at = from.erase(at);
    }
  });
  note_uses(subject, part, true);
  parts_[subject] = std::move(part);
}

void CrdTranslator::take_away(const Subject& subject, const CustomPart& part) {
  note_uses(subject, part, false);
  config::Objects names = part.objects;
  each_section(names, [&](const char* word, auto& from, auto& into) {
    for (const auto& [name, spec] : from) {
      into.erase(name);
      owners_.erase(std::string(word) + "/" + name);
    }
  });
  for (const BackendKey& backend : part.backends) backends_.release(backend);
}

void CrdTranslator::note_uses(const Subject& subject, const CustomPart& part, bool is_added) {
  auto note = [&](Users& users, const std::set<std::string>& used) {
    for (const std::string& one : used) {
      if (is_added) {
        users[one].insert(subject);
        continue;
      }
      auto found = users.find(one);
      if (found == users.end()) continue;
      found->second.erase(subject);
      if (found->second.empty()) users.erase(found);
    }
  };
  note(users_of_secret_, part.secrets);
  note(users_of_config_map_, part.config_maps);
  note(users_of_service_, part.services);
  if (is_added && part.depends_on_routes) children_.insert(subject);
  if (!is_added) children_.erase(subject);
}

void CrdTranslator::gather() {
  fragment_.diagnostics.clear();
  fragment_.objects.certificates.clear();
  verdicts_.clear();
  auto& certificates = fragment_.objects.certificates;
  for (const auto& [subject, part] : parts_) {
    for (const auto& one : part.objects.certificates) {
      if (std::ranges::find(certificates, one) == certificates.end()) certificates.push_back(one);
    }
    Findings all = part.findings;
    for (const BackendKey& backend : part.backends) {
      for (const Finding& finding : backends_.findings(backend)) all.push_back(finding);
    }
    if (all.empty()) continue;
    for (const Finding& finding : all) {
      fragment_.diagnostics.push_back({finding.severity, fragment_.provider,
                                       std::string(word_of(subject.kind)) + " " + subject.key,
                                       finding.field, finding.message});
    }
    verdicts_.emplace(subject, std::move(all));
  }
}

}  // namespace fairlead::providers::kubernetes
