#include <set>

#include "cmd/fairlead/dynamic_check.h"

namespace fairlead::command {
namespace {

using config::Fragment;

class StandIns {
 public:
  explicit StandIns(const std::vector<Fragment>& fragments) : known_{"internal"} {
    for (const Fragment& fragment : fragments) known_.insert(fragment.provider);
    for (const Fragment& fragment : fragments) read(fragment.objects);
  }

  std::vector<Fragment> take() {
    std::vector<Fragment> out;
    for (auto& [provider, fragment] : made_) out.push_back(std::move(fragment));
    return out;
  }

 private:
  void read(const config::Objects& objects) {
    for (const auto& [name, router] : objects.routers) {
      service(router.service);
      for (const std::string& used : router.middlewares) middleware(used);
    }
    for (const auto& [name, spec] : objects.services) {
      for (const config::WeightedRef& used : spec.services) service(used.name);
      for (const std::string& used : spec.middlewares) middleware(used);
      transport(spec.load_balancer.servers_transport);
    }
    for (const auto& [name, spec] : objects.middlewares) chain(spec);
  }

  // A chain names middlewares too.
  void chain(const config::MiddlewareSpec& spec) {
    const config::Node* names = spec.options.find("middlewares");
    if (!names) return;
    for (const config::Node& item : names->items) middleware(item.scalar);
  }

  void service(const std::string& name) {
    if (Fragment* fragment = of(name)) {
      config::ServiceSpec& spec = fragment->objects.services[plain(name)];
      spec.load_balancer.servers = {{.url = "http://192.0.2.1"}};
    }
  }

  void middleware(const std::string& name) {
    if (Fragment* fragment = of(name)) {
      config::MiddlewareSpec& spec = fragment->objects.middlewares[plain(name)];
      spec.type = "addPrefix";
      spec.options.at("prefix") = config::Node::string("/");
    }
  }

  void transport(const std::string& name) {
    if (Fragment* fragment = of(name)) {
      fragment->objects.servers_transports[plain(name)].options = config::Node::map();
    }
  }

  static std::string plain(const std::string& name) { return name.substr(0, name.rfind('@')); }

  // The fragment of a provider that is not judged here; null for all others.
  Fragment* of(const std::string& name) {
    size_t at = name.rfind('@');
    if (at == name.npos || known_.contains(name.substr(at + 1))) return nullptr;
    Fragment& fragment = made_[name.substr(at + 1)];
    fragment.provider = name.substr(at + 1);
    return &fragment;
  }

  std::set<std::string> known_;
  std::map<std::string, Fragment> made_;
};

}  // namespace

std::vector<Fragment> stand_ins(const std::vector<Fragment>& fragments) {
  return StandIns(fragments).take();
}

}  // namespace fairlead::command
