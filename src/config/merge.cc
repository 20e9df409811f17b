#include "config/merge.h"

#include <algorithm>
#include <iterator>

#include "config/kept_section.h"
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

template <class Spec>
void put_into(Section<Spec>& section, std::vector<Merged<Spec>> merged) {
  std::vector<typename Section<Spec>::Pointer> elements;
  elements.reserve(merged.size());
  for (Merged<Spec>& one : merged) {
    if (!one.is_replaced) elements.push_back(std::move(one.element));
  }
  section = Section<Spec>(std::move(elements));
}

template <class Spec>
std::shared_ptr<const std::pair<const std::string, Spec>> element(std::string name, Spec spec) {
  return std::make_shared<const std::pair<const std::string, Spec>>(std::move(name),
                                                                    std::move(spec));
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

// What a fragment of a provider said last, and what became of it.
struct Merger::Provider {
  KeptSection<RouterSpec> routers;
  KeptSection<ServiceSpec> services;
  KeptSection<MiddlewareSpec> middlewares;
  bool is_used = false;
};

// One call of merge().
class Merger::Pass {
 public:
  explicit Pass(Merger& merger) : merger_(merger) {}

  void add(const Fragment& fragment, Provider& provider);
  DynamicConfig finish();

 private:
  void report(std::string_view word, std::string_view name, std::string message) {
    config_.diagnostics.push_back({Severity::error, provider_,
                                   std::string(word).append(" ").append(name), "",
                                   std::move(message)});
  }
  bool is_refused(std::string_view word, const std::string& name) {
    if (!name.empty() && !name.contains('@')) return false;
    report(word, name,
           "a name may not be empty or hold \"@\", which separates it from its provider");
    return true;
  }
  // Two fragments of one provider.
  template <class Spec>
  auto twice(std::string_view word) {
    return [this, word](const Merged<Spec>& first, const Merged<Spec>& other) {
      if (first.element->second == other.element->second) return;
      std::string_view name = first.name();
      report(word, name.substr(0, name.rfind('@')), "defined twice; the first definition counts");
    };
  }

  void add_routers(const Fragment& fragment, KeptSection<RouterSpec>& kept);
  void add_services(const Fragment& fragment, KeptSection<ServiceSpec>& kept);
  void add_middlewares(const Fragment& fragment, KeptSection<MiddlewareSpec>& kept);
  void add_others(const OtherObjects& from);
  // Copies one section over under qualified names; `visit` rewrites the references of an element.
  template <class Visit>
  void add_section(const std::map<std::string, OpaqueSpec>& from,
                   std::map<std::string, OpaqueSpec>& into, std::string_view word, Visit visit);
  void add_tls_section(const std::map<std::string, OpaqueSpec>& from,
                       std::map<std::string, OpaqueSpec>& into, std::string_view word,
                       std::string& default_owner);
  void add_certificates(const std::vector<CertificateSpec>& from);

  VisitName qualifier() {
    return [this](Target target, std::string& name) {
      if (target == Target::tls_options && name == "default") return;
      name = qualify(name, provider_);
    };
  }

  Merger& merger_;
  DynamicConfig config_;
  std::string provider_;  // of the fragment being added
  std::string default_options_owner_, default_store_owner_;
  std::vector<Merged<RouterSpec>> routers_;
  std::vector<Merged<ServiceSpec>> services_;
  std::vector<Merged<MiddlewareSpec>> middlewares_;
  Diagnostics clashes_;  // of names made up for entry points
};

void Merger::Pass::add(const Fragment& fragment, Provider& provider) {
  provider_ = fragment.provider;
  config_.diagnostics.insert(config_.diagnostics.end(), fragment.diagnostics.begin(),
                             fragment.diagnostics.end());
  add_routers(fragment, provider.routers);
  add_services(fragment, provider.services);
  add_middlewares(fragment, provider.middlewares);
  add_others(fragment.objects);
}

void Merger::Pass::add_routers(const Fragment& fragment, KeptSection<RouterSpec>& kept) {
  auto make = [&](const std::string& name, RouterSpec spec) {
    visit_names(spec, qualifier());
    std::string qualified = qualify(name, provider_);
    PlacedRouter placed = merger_.expansion_.place(qualified, std::move(spec));
    KeptSection<RouterSpec>::Made made;
    for (PlacedRouter::Copy& copy : placed.copies) {
      made.copies.push_back(
          {copy.entry_point, element(std::move(copy.name), std::move(copy.router))});
    }
    made.merged = {element(std::move(qualified), std::move(placed.router)), placed.is_replaced};
    return made;
  };
  kept.follow(fragment.objects.routers, make,
              [&](const std::string& name) { return is_refused("router", name); });
  std::vector<Merged<RouterSpec>> routers = kept.merged();
  for (size_t point = 0; point < merger_.expansion_.adding().size(); ++point) {
    weave(routers, kept.copies(point), [&](const Merged<RouterSpec>& taken, const auto&) {
      clashes_.push_back(
          {Severity::error, provider_, "router " + taken.name(), "",
           "this name is needed for the copy of another router on an entry point with middlewares "
           "or TLS of its own; rename one of the two"});
    });
  }
  weave(routers_, std::move(routers), twice<RouterSpec>("router"));
}

void Merger::Pass::add_services(const Fragment& fragment, KeptSection<ServiceSpec>& kept) {
  auto make = [&](const std::string& name, ServiceSpec spec) {
    visit_names(spec, qualifier());
    return KeptSection<ServiceSpec>::Made{
        {element(qualify(name, provider_), std::move(spec)), false}, {}};
  };
  kept.follow(fragment.objects.services, make,
              [&](const std::string& name) { return is_refused("service", name); });
  weave(services_, kept.merged(), twice<ServiceSpec>("service"));
}

void Merger::Pass::add_middlewares(const Fragment& fragment, KeptSection<MiddlewareSpec>& kept) {
  auto make = [&](const std::string& name, MiddlewareSpec spec) {
    const auto& canonical = merger_.settings_.canonical_type;
    if (canonical) spec.type = canonical(spec.type);
    visit_names(spec, qualifier());
    return KeptSection<MiddlewareSpec>::Made{
        {element(qualify(name, provider_), std::move(spec)), false}, {}};
  };
  kept.follow(fragment.objects.middlewares, make,
              [&](const std::string& name) { return is_refused("middleware", name); });
  weave(middlewares_, kept.merged(), twice<MiddlewareSpec>("middleware"));
}

template <class Visit>
void Merger::Pass::add_section(const std::map<std::string, OpaqueSpec>& from,
                               std::map<std::string, OpaqueSpec>& into, std::string_view word,
                               Visit visit) {
  for (const auto& [name, spec] : from) {
    if (is_refused(word, name)) continue;
    auto [at, is_new] = into.try_emplace(qualify(name, provider_), spec);
    if (is_new) {
      visit(at->second);
    } else if (at->second != spec) {
      report(word, name, "defined twice; the first definition counts");
    }
  }
}

// TLS options and stores called "default" belong to nobody: the first provider that defines one
// wins.
void Merger::Pass::add_tls_section(const std::map<std::string, OpaqueSpec>& from,
                                   std::map<std::string, OpaqueSpec>& into, std::string_view word,
                                   std::string& default_owner) {
  for (const auto& [name, spec] : from) {
    if (name != "default") {
      add_section({{name, spec}}, into, word, [](OpaqueSpec&) {});
    } else if (default_owner.empty()) {
      default_owner = provider_;
      into.emplace(name, spec);
    } else {
      report(
          word, "default",
          "also defined by provider " + default_owner + ", which goes first; keep one of the two");
    }
  }
}

void Merger::Pass::add_certificates(const std::vector<CertificateSpec>& from) {
  auto& into = config_.objects.certificates;
  for (const CertificateSpec& certificate : from) {
    if (std::ranges::find(into, certificate) == into.end()) into.push_back(certificate);
  }
}

void Merger::Pass::add_others(const OtherObjects& from) {
  OtherObjects& into = config_.objects;
  VisitName qualified = qualifier();
  auto rename_router = [&](OpaqueSpec& spec) { visit_stream_router_names(spec, qualified); };
  auto rename_service = [&](OpaqueSpec& spec) { visit_stream_service_names(spec, qualified); };
  auto leave = [](OpaqueSpec&) {};
  add_section(from.servers_transports, into.servers_transports, "serversTransport", leave);
  add_section(from.tcp_routers, into.tcp_routers, "TCP router", rename_router);
  add_section(from.tcp_services, into.tcp_services, "TCP service", rename_service);
  add_section(from.tcp_middlewares, into.tcp_middlewares, "TCP middleware", leave);
  add_section(from.tcp_servers_transports, into.tcp_servers_transports, "TCP serversTransport",
              leave);
  add_section(from.udp_routers, into.udp_routers, "UDP router", rename_router);
  add_section(from.udp_services, into.udp_services, "UDP service", rename_service);
  add_certificates(from.certificates);
  add_tls_section(from.tls_options, into.tls_options, "TLS options", default_options_owner_);
  add_tls_section(from.tls_stores, into.tls_stores, "TLS store", default_store_owner_);
}

DynamicConfig Merger::Pass::finish() {
  put_into(config_.objects.routers, std::move(routers_));
  put_into(config_.objects.services, std::move(services_));
  put_into(config_.objects.middlewares, std::move(middlewares_));
  merger_.expansion_.place_streams(config_.objects);
  std::ranges::move(clashes_, std::back_inserter(config_.diagnostics));
  return std::move(config_);
}

Merger::Merger(MergeSettings settings)
    : settings_(std::move(settings)),
      precedence_(settings_.precedence),
      expansion_(settings_.entry_points) {}
Merger::~Merger() = default;

DynamicConfig Merger::merge(std::span<const Fragment* const> fragments) {
  std::vector<const Fragment*> ordered(fragments.begin(), fragments.end());
  std::ranges::sort(ordered, [&](const Fragment* a, const Fragment* b) {
    return precedence_.goes_before(a->provider, b->provider);
  });
  for (auto& [key, provider] : providers_) provider->is_used = false;
  Pass pass(*this);
  for (const Fragment* fragment : ordered) {
    // The same provider twice has a memory for each.
    size_t turn = 0;
    while (providers_.contains({fragment->provider, turn}) &&
           providers_.at({fragment->provider, turn})->is_used) {
      ++turn;
    }
    std::unique_ptr<Provider>& provider = providers_[{fragment->provider, turn}];
    if (provider == nullptr) provider = std::make_unique<Provider>();
    provider->is_used = true;
    pass.add(*fragment, *provider);
  }
  std::erase_if(providers_, [](const auto& entry) { return !entry.second->is_used; });
  return pass.finish();
}

DynamicConfig merge(std::span<const Fragment* const> fragments, const MergeSettings& settings) {
  return Merger(settings).merge(fragments);
}

}  // namespace fairlead::config
