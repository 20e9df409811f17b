// The part of the Compiler that makes services out of other services. A child that could not be
// made (reported where it was tried) is left out.
#include "config/composite_options.h"
#include "config/references.h"
#include "control/compile_services.h"
#include "control/compiler.h"
#include "proxy/failover.h"
#include "proxy/highest_random_weight.h"
#include "proxy/mirror.h"
#include "proxy/mirroring.h"
#include "proxy/weighted.h"

namespace fairlead::control {
namespace {

using Kind = config::ServiceSpec::Kind;

// Validation has judged the options when they were decoded.
template <class Options>
Options read(const config::ServiceSpec& spec, Options (*decode)(config::Reader&)) {
  config::Diagnostics none;
  config::Reader reader(&spec.options, "", "", "", none);
  return decode(reader);
}

// As it is written beside a service of the same provider: what Traefik hashes.
std::string short_name(const std::string& child, std::string_view provider) {
  if (config::provider_of(child) != provider) return child;
  return child.substr(0, child.size() - provider.size() - 1);
}

std::unique_ptr<const proxy::Stickiness> stickiness(const std::string& name,
                                                    const config::CookieSpec& cookie,
                                                    const std::vector<std::string>& children) {
  std::vector<std::string> targets;
  std::vector<std::pair<std::string, size_t>> further;
  for (size_t i = 0; i < children.size(); ++i) {
    targets.push_back(short_name(children[i], config::provider_of(name)));
    further.emplace_back(children[i], i);
  }
  return std::make_unique<const proxy::Stickiness>(cookie_settings(cookie), name, targets, further);
}

}  // namespace

std::vector<std::string> children_of(const config::ServiceSpec& spec) {
  std::vector<std::string> names;
  switch (spec.kind) {
    case Kind::load_balancer:
      break;
    case Kind::weighted:
    case Kind::highest_random_weight:
      for (const config::WeightedRef& child : spec.services) names.push_back(child.name);
      break;
    case Kind::mirroring: {
      config::MirroringOptions options = read(spec, config::read_mirroring);
      names.push_back(std::move(options.service));
      for (auto& mirror : options.mirrors) names.push_back(std::move(mirror.name));
      break;
    }
    case Kind::failover: {
      config::FailoverOptions options = read(spec, config::read_failover);
      names = {std::move(options.service), std::move(options.fallback)};
      break;
    }
  }
  return names;
}

proxy::CookieSettings cookie_settings(const config::CookieSpec& spec) {
  return {
      spec.name,   spec.path,      spec.domain, spec.same_site == "default" ? "" : spec.same_site,
      spec.secure, spec.http_only, spec.max_age};
}

Compiler::HandlerPtr Compiler::make_service(const std::string& name,
                                            const config::ServiceSpec& spec, MadeService& made) {
  switch (spec.kind) {
    case Kind::load_balancer:
      return make_load_balancer(name, spec.load_balancer, made);
    case Kind::weighted:
      return make_weighted(name, spec, made);
    case Kind::highest_random_weight: {
      std::vector<proxy::HashedChild> children;
      for (size_t i = 0; i < made.children.size(); ++i) {
        const config::WeightedRef& child = spec.services[i];
        if (made.children[i] == nullptr) continue;
        children.push_back(
            {made.children[i], short_name(child.name, config::provider_of(name)), child.weight});
      }
      return std::make_shared<proxy::HighestRandomWeightService>(std::move(children));
    }
    case Kind::mirroring:
      return make_mirroring(name, spec, made);
    case Kind::failover: {
      const HandlerPtr& service = made.children[0];
      const HandlerPtr& fallback = made.children[1];
      if (service == nullptr || fallback == nullptr) return service ? service : fallback;
      config::FailoverOptions options = read(spec, config::read_failover);
      return std::make_shared<proxy::FailoverService>(
          proxy::FailoverSettings{std::move(options.statuses), options.max_request_body_bytes},
          service, fallback);
    }
  }
  return nullptr;
}

Compiler::HandlerPtr Compiler::make_weighted(const std::string& name,
                                             const config::ServiceSpec& spec,
                                             const MadeService& made) {
  std::vector<proxy::WeightedChild> children;
  std::vector<std::string> names;
  for (size_t i = 0; i < made.children.size(); ++i) {
    if (made.children[i] == nullptr) continue;
    children.push_back({made.children[i], spec.services[i].weight});
    names.push_back(spec.services[i].name);
  }
  return std::make_shared<proxy::WeightedService>(
      std::move(children), balancer_state(name),
      spec.sticky ? stickiness(name, *spec.sticky, names) : nullptr);
}

Compiler::HandlerPtr Compiler::make_mirroring(const std::string& name,
                                              const config::ServiceSpec& spec, MadeService& made) {
  config::MirroringOptions options = read(spec, config::read_mirroring);
  if (made.children[0] == nullptr) return nullptr;
  std::vector<proxy::MirroringService::Mirror> mirrors;
  for (size_t i = 0; i < options.mirrors.size(); ++i) {
    if (made.children[i + 1] == nullptr) continue;
    mirrors.push_back({made.children[i + 1], static_cast<unsigned>(options.mirrors[i].percent)});
  }
  made.slots.push_back(&slots_.entry("mirrors " + name));
  proxy::MirroringSettings settings{options.mirrors_body, options.max_body_size,
                                    made.slots.back()->id};
  return std::make_shared<proxy::MirroringService>(settings, made.children[0], std::move(mirrors),
                                                   balancer_state(name));
}

}  // namespace fairlead::control
