#include "providers/kubernetes/ingress_translator.h"

#include <algorithm>
#include <charconv>

namespace fairlead::providers::kubernetes {

namespace {

// Puts what is wished for into a section under a name that is free; references of the part are
// rewritten to the names it got.
template <class Spec>
void put_section(const std::vector<std::pair<std::string, Spec>>& wished,
                 std::map<std::string, Spec>& section, NameTable& names, const std::string& owner,
                 std::vector<std::string>& got, std::map<std::string, std::string>& renamed,
                 const std::function<void(Spec&)>& rewrite) {
  for (const auto& [wish, spec] : wished) {
    std::string name = names.take(wish, owner);
    if (name != wish) renamed.emplace(wish, name);
    Spec placed = spec;
    if (rewrite) rewrite(placed);
    section[name] = std::move(placed);
    got.push_back(std::move(name));
  }
}

template <class Spec>
void drop_section(const std::vector<std::string>& names, std::map<std::string, Spec>& section,
                  NameTable& table) {
  for (const std::string& name : names) {
    section.erase(name);
    table.give(name);
  }
}

using Renamed = std::map<std::string, std::string>;

void rename(std::string& name, const Renamed& renamed) {
  auto found = renamed.find(name);
  if (found != renamed.end()) name = found->second;
}

// "#3" → the name of the fourth backend.
void resolve(std::string& name, const std::vector<std::string>& backends, const Renamed& services) {
  if (!name.starts_with('#')) return rename(name, services);
  size_t index = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), index);
  if (index < backends.size()) name = backends[index];
}

}  // namespace

IngressTranslator::IngressTranslator(std::unique_ptr<IngressDialect> dialect)
    : dialect_(std::move(dialect)),
      backends_(dialect_->backend_settings(), fragment_.objects.services, service_names_) {
  fragment_.provider = dialect_->provider();
}

const TopicMembers& IngressTranslator::members(const std::string& topic) const {
  static const TopicMembers nobody;
  auto found = topics_.find(topic);
  return found == topics_.end() ? nobody : found->second;
}

void IngressTranslator::add_users(const std::map<std::string, Keys>& users, const std::string& of,
                                  Keys& dirty) {
  auto found = users.find(of);
  if (found != users.end()) dirty.insert(found->second.begin(), found->second.end());
}

void IngressTranslator::collect_dirty(const Changes& changes, Keys& dirty) {
  bool has_class_change = false;
  for (const auto& [kind, key] : changes) {
    if (kind == Kind::ingress) dirty.insert(key);
    if (kind == Kind::secret) add_users(users_of_secret_, key, dirty);
    if (kind == Kind::service || kind == Kind::endpoint_slice) {
      add_users(users_of_service_, key, dirty);
    }
    if (kind == Kind::config_map) add_users(users_of_config_map_, key, dirty);
    has_class_change = has_class_change || kind == Kind::ingress_class;
  }
  if (!has_class_change) return;
  for (const auto& [key, ingress] : store_->ingresses().all()) dirty.insert(key);
}

// Brings its topics up to date, and adds those to `dirty` whom that concerns.
void IngressTranslator::move_topics(const std::string& key, Keys& dirty) {
  const Ingress* ingress = store_->ingresses().find(key);
  bool is_ours = ingress != nullptr && dialect_->owns(*ingress, *store_);
  TopicMember member{is_ours ? ingress->meta.created : "", key};
  Keys now = is_ours ? dialect_->topics(*ingress) : Keys();
  auto& [old_member, before] = topics_of_[key];
  bool is_same_place = member == old_member;
  auto touch = [&](const std::string& topic) {
    for (const TopicMember& other : members(topic)) dirty.insert(other.key);
  };
  for (const std::string& topic : before) {
    if (is_same_place && now.contains(topic)) {
      if (dialect_->members_see_changes()) touch(topic);
      continue;
    }
    auto at = topics_.find(topic);
    at->second.erase(old_member);
    touch(topic);
    if (at->second.empty()) topics_.erase(at);
  }
  for (const std::string& topic : now) {
    if (is_same_place && before.contains(topic)) continue;
    touch(topic);
    topics_[topic].insert(member);
  }
  if (!is_ours) {
    topics_of_.erase(key);
  } else {
    old_member = std::move(member);
    before = std::move(now);
  }
}

void IngressTranslator::update(const ObjectStore& store, const Changes& changes) {
  store_ = &store;
  backends_.set_store(store);
  Keys changed, dirty;
  collect_dirty(changes, changed);
  dirty = changed;
  for (const std::string& key : changed) move_topics(key, dirty);
  for (const auto& [kind, key] : changes) {
    if (kind == Kind::service || kind == Kind::endpoint_slice) backends_.refresh(key);
    if (kind == Kind::node) backends_.refresh_all();
  }
  for (const std::string& key : dirty) translate_again(key);
  if (!dirty.empty()) gather_certificates();
  if (!dirty.empty() || backends_.take_findings_change()) gather_diagnostics();
}

void IngressTranslator::translate_again(const std::string& key) {
  if (topics_of_.contains(key)) {
    IngressPart part = dialect_->translate(*store_->ingresses().find(key), *store_, *this);
    place(key, std::move(part));
    return;
  }
  auto found = parts_.find(key);
  if (found == parts_.end()) return;
  note_uses(key, found->second.part, false);
  take_away(found->second);
  parts_.erase(found);
}

void IngressTranslator::take_away(Placed& placed) {
  config::Objects& objects = fragment_.objects;
  drop_section(placed.routers, objects.routers, router_names_);
  drop_section(placed.middlewares, objects.middlewares, middleware_names_);
  drop_section(placed.services, objects.services, service_names_);
  drop_section(placed.transports, objects.servers_transports, other_names_);
  drop_section(placed.tls_options, objects.tls_options, other_names_);
  drop_section(placed.tcp_routers, objects.tcp_routers, tcp_router_names_);
  drop_section(placed.tcp_services, objects.tcp_services, other_names_);
  for (const BackendKey& backend : placed.backends) backends_.release(backend);
}

void IngressTranslator::place(const std::string& key, IngressPart part) {
  Placed placed;
  std::vector<std::string> backends;
  // New uses first, so that a service that stays is not built again.
  for (const WantedBackend& wanted : part.backends) {
    backends.push_back(backends_.acquire(wanted.key, wanted.tuning));
    placed.backends.push_back(wanted.key);
  }
  auto old = parts_.find(key);
  if (old != parts_.end()) {
    note_uses(key, old->second.part, false);
    take_away(old->second);
  }
  config::Objects& objects = fragment_.objects;
  Renamed middlewares, services, transports, ignored;
  put_section<config::OpaqueSpec>(part.transports, objects.servers_transports, other_names_, key,
                                  placed.transports, transports, {});
  put_section<config::OpaqueSpec>(part.tls_options, objects.tls_options, other_names_, key,
                                  placed.tls_options, ignored, {});
  put_section<config::ServiceSpec>(part.services, objects.services, service_names_, key,
                                   placed.services, services, [&](config::ServiceSpec& spec) {
                                     for (auto& one : spec.services)
                                       resolve(one.name, backends, services);
                                   });
  put_section<config::MiddlewareSpec>(
      part.middlewares, objects.middlewares, middleware_names_, key, placed.middlewares,
      middlewares, [&](config::MiddlewareSpec& spec) {
        config::Node* others = spec.options.find("middlewares");
        for (size_t i = 0; others != nullptr && i < others->items.size(); ++i) {
          rename(others->items[i].scalar, middlewares);
        }
        config::Node* service = spec.options.find("service");
        if (service != nullptr && service->is_scalar()) {
          resolve(service->scalar, backends, services);
        }
      });
  put_section<config::RouterSpec>(part.routers, objects.routers, router_names_, key, placed.routers,
                                  ignored, [&](config::RouterSpec& router) {
                                    resolve(router.service, backends, services);
                                    for (std::string& one : router.middlewares)
                                      rename(one, middlewares);
                                  });
  put_section<config::OpaqueSpec>(part.tcp_services, objects.tcp_services, other_names_, key,
                                  placed.tcp_services, ignored, {});
  put_section<config::OpaqueSpec>(part.tcp_routers, objects.tcp_routers, tcp_router_names_, key,
                                  placed.tcp_routers, ignored, {});
  note_uses(key, part, true);
  placed.part = std::move(part);
  // What the fragment holds already is not kept twice.
  for (auto* list : {&placed.part.transports, &placed.part.tls_options, &placed.part.tcp_routers,
                     &placed.part.tcp_services}) {
    list->clear();
  }
  placed.part.routers.clear();
  placed.part.middlewares.clear();
  placed.part.services.clear();
  parts_[key] = std::move(placed);
}

void IngressTranslator::note_uses(const std::string& key, const IngressPart& part, bool is_added) {
  auto note = [&](std::map<std::string, Keys>& users, const std::vector<std::string>& used) {
    for (const std::string& one : used) {
      if (is_added) {
        users[one].insert(key);
        continue;
      }
      auto found = users.find(one);
      if (found == users.end()) continue;
      found->second.erase(key);
      if (found->second.empty()) users.erase(found);
    }
  };
  note(users_of_secret_, part.secrets);
  note(users_of_secret_, part.certificates);
  note(users_of_config_map_, part.config_maps);
  note(users_of_service_, part.watched_services);
}

void IngressTranslator::gather_certificates() {
  Keys wanted;
  for (const auto& [key, placed] : parts_) {
    wanted.insert(placed.part.certificates.begin(), placed.part.certificates.end());
  }
  auto& certificates = fragment_.objects.certificates;
  certificates.clear();
  for (const std::string& key : wanted) {
    const Secret* secret = store_->secrets().find(key);
    if (secret == nullptr) continue;
    auto certificate = secret->data.find("tls.crt"), pair = secret->data.find("tls.key");
    if (certificate == secret->data.end() || pair == secret->data.end()) continue;
    certificates.push_back({certificate->second, pair->second, {}});
  }
}

void IngressTranslator::gather_diagnostics() {
  fragment_.diagnostics.clear();
  verdicts_.clear();
  for (const auto& [key, placed] : parts_) {
    Findings all = findings(placed);
    if (all.empty()) continue;
    for (const Finding& finding : all) {
      fragment_.diagnostics.push_back(
          {finding.severity, fragment_.provider, "Ingress " + key, finding.field, finding.message});
    }
    verdicts_.emplace(Subject{Kind::ingress, key}, std::move(all));
  }
}

std::vector<std::string> IngressTranslator::status_objects() const {
  std::vector<std::string> keys;
  for (const auto& [key, placed] : parts_) keys.push_back(key);
  return keys;
}

Findings IngressTranslator::findings(const Placed& placed) const {
  Findings all = placed.part.findings;
  for (const WantedBackend& wanted : placed.part.backends) {
    for (Finding finding : backends_.findings(wanted.key)) {
      std::string inner = finding.field.empty() ? "" : ": " + finding.field;
      finding.field = wanted.field + inner;
      if (std::ranges::find(all, finding) == all.end()) all.push_back(std::move(finding));
    }
  }
  return all;
}

std::set<std::string> IngressTranslator::wanted_secrets() const {
  Keys keys;
  for (const auto& [key, users] : users_of_secret_) keys.insert(key);
  return keys;
}

std::set<std::string> IngressTranslator::wanted_config_maps() const {
  Keys keys;
  for (const auto& [key, users] : users_of_config_map_) keys.insert(key);
  return keys;
}

}  // namespace fairlead::providers::kubernetes
