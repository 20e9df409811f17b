#include "config/merge.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::config {

const std::vector<std::string> kDefaultPrecedence = {"kubernetesgateway",
                                                     "kubernetescrd",
                                                     "kubernetes",
                                                     "kubernetesingressnginx",
                                                     "swarm",
                                                     "docker",
                                                     "file",
                                                     "redis",
                                                     "knative",
                                                     "consul",
                                                     "consulcatalog",
                                                     "nomad",
                                                     "etcd",
                                                     "ecs",
                                                     "http",
                                                     "zookeeper",
                                                     "rest"};

namespace {

class Merger {
 public:
  explicit Merger(const MergeSettings& settings) : settings_(settings) {}

  void add(const Fragment& fragment);
  DynamicConfig take() { return std::move(config_); }

 private:
  void report(Severity severity, std::string_view word, std::string_view name,
              std::string message) {
    config_.diagnostics.push_back(
        {severity, provider_, std::string(word).append(" ").append(name), "", std::move(message)});
  }

  // Copies one section over under qualified names; `visit` rewrites the references of an element.
  // Why the hint: qualified names follow nearly the order of plain ones, so almost every element
  // goes beside the one before it, and the tree is not searched.
  template <class Spec, class Visit>
  void move_section(const std::map<std::string, Spec>& from, std::map<std::string, Spec>& into,
                    std::string_view word, Visit visit) {
    auto hint = into.end();
    for (const auto& [name, spec] : from) {
      if (name.empty() || name.contains('@')) {
        report(Severity::error, word, name,
               "a name may not be empty or hold \"@\", which separates it from its provider");
        continue;
      }
      size_t before = into.size();
      hint = into.try_emplace(hint, qualify(name, provider_), spec);
      if (into.size() != before) {
        visit(hint->second);
      } else if (hint->second != spec) {
        report(Severity::error, word, name, "defined twice; the first definition counts");
      }
    }
  }

  // TLS options and stores called "default" belong to nobody: the first provider that defines one
  // wins.
  void move_tls_section(const std::map<std::string, OpaqueSpec>& from,
                        std::map<std::string, OpaqueSpec>& into, std::string_view word,
                        std::string& default_owner) {
    for (const auto& [name, spec] : from) {
      if (name != "default") {
        move_section<OpaqueSpec>({{name, spec}}, into, word, [](OpaqueSpec&) {});
      } else if (default_owner.empty()) {
        default_owner = provider_;
        into.emplace(name, spec);
      } else {
        report(Severity::error, word, "default",
               "also defined by provider " + default_owner +
                   ", which goes first; keep one of the two");
      }
    }
  }

  void move_certificates(const std::vector<CertificateSpec>& from) {
    auto& into = config_.objects.certificates;
    for (const CertificateSpec& certificate : from) {
      if (std::ranges::find(into, certificate) == into.end()) into.push_back(certificate);
    }
  }

  VisitName qualifier() {
    return [this](Target target, std::string& name) {
      if (target == Target::tls_options && name == "default") return;
      name = qualify(name, provider_);
    };
  }

  const MergeSettings& settings_;
  DynamicConfig config_;
  std::string provider_;  // of the fragment being added
  std::string default_options_owner_, default_store_owner_;
};

void Merger::add(const Fragment& fragment) {
  provider_ = fragment.provider;
  const Objects& from = fragment.objects;
  Objects& into = config_.objects;
  VisitName qualified = qualifier();
  auto rename = [&](auto& spec) { visit_names(spec, qualified); };
  auto rename_router = [&](OpaqueSpec& spec) { visit_stream_router_names(spec, qualified); };
  auto rename_service = [&](OpaqueSpec& spec) { visit_stream_service_names(spec, qualified); };
  auto leave = [](OpaqueSpec&) {};
  config_.diagnostics.insert(config_.diagnostics.end(), fragment.diagnostics.begin(),
                             fragment.diagnostics.end());
  move_section(from.routers, into.routers, "router", rename);
  move_section(from.services, into.services, "service", rename);
  move_section(from.middlewares, into.middlewares, "middleware", [&](MiddlewareSpec& spec) {
    if (settings_.canonical_type) spec.type = settings_.canonical_type(spec.type);
    visit_names(spec, qualified);
  });
  move_section(from.servers_transports, into.servers_transports, "serversTransport", leave);
  move_section(from.tcp_routers, into.tcp_routers, "TCP router", rename_router);
  move_section(from.tcp_services, into.tcp_services, "TCP service", rename_service);
  move_section(from.tcp_middlewares, into.tcp_middlewares, "TCP middleware", leave);
  move_section(from.tcp_servers_transports, into.tcp_servers_transports, "TCP serversTransport",
               leave);
  move_section(from.udp_routers, into.udp_routers, "UDP router", rename_router);
  move_section(from.udp_services, into.udp_services, "UDP service", rename_service);
  move_certificates(from.certificates);
  move_tls_section(from.tls_options, into.tls_options, "TLS options", default_options_owner_);
  move_tls_section(from.tls_stores, into.tls_stores, "TLS store", default_store_owner_);
}

}  // namespace

Precedence::Precedence(const std::vector<std::string>& first) : order_(first) {
  for (const std::string& name : kDefaultPrecedence) {
    if (std::ranges::find(order_, name) == order_.end()) order_.push_back(name);
  }
}

size_t Precedence::rank(std::string_view provider) const {
  return static_cast<size_t>(std::ranges::find(order_, provider) - order_.begin());
}

bool Precedence::goes_before(std::string_view a, std::string_view b) const {
  return std::pair(rank(a), a) < std::pair(rank(b), b);
}

int64_t effective_priority(const RouterSpec& router) {
  return router.priority != 0 ? router.priority : static_cast<int64_t>(router.rule.size());
}

bool is_tried_before(const std::pair<const std::string, RouterSpec>& a,
                     const std::pair<const std::string, RouterSpec>& b,
                     const Precedence& precedence) {
  int64_t first = effective_priority(a.second), second = effective_priority(b.second);
  if (first != second) return first > second;
  size_t first_rank = precedence.rank(provider_of(a.first));
  size_t second_rank = precedence.rank(provider_of(b.first));
  if (first_rank != second_rank) return first_rank < second_rank;
  return a.first < b.first;
}

DynamicConfig merge(std::span<const Fragment* const> fragments, const MergeSettings& settings) {
  Precedence precedence(settings.precedence);
  std::vector<const Fragment*> ordered(fragments.begin(), fragments.end());
  std::ranges::sort(ordered, [&](const Fragment* a, const Fragment* b) {
    return precedence.goes_before(a->provider, b->provider);
  });
  Merger merger(settings);
  for (const Fragment* fragment : ordered) merger.add(*fragment);
  DynamicConfig config = merger.take();
  apply_entry_points(settings.entry_points, config);
  return config;
}

}  // namespace fairlead::config
