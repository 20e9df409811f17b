#include "proxy/load_balancer.h"

#include "proxy/race.h"

namespace fairlead::proxy {

LoadBalancer::LoadBalancer(LoadBalancerSettings settings, std::vector<upstream::Endpoint> endpoints,
                           const upstream::BalancerType& type,
                           upstream::BalancerType::Settings balancing)
    : settings_(std::move(settings)), endpoints_(std::move(endpoints)) {
  std::vector<const upstream::Endpoint*> usable;
  for (const upstream::Endpoint& endpoint : endpoints_) {
    if (endpoint.weight > 0 && !endpoint.is_fenced) usable.push_back(&endpoint);
  }
  balancer_ = type.make(usable, std::move(balancing));
}

io::Task<pipeline::Reply> LoadBalancer::handle(pipeline::Exchange& x) const {
  x.record.service = settings_.name;
  auto& tally = x.worker().local<upstream::ServiceTally>(settings_.tally);
  tally.budget.note_request();
  auto& race = *x.arena.make<Race>(x, *this, tally);
  pipeline::Reply reply = co_await race.run();
  if (reply || !race.may_go_on()) co_return reply;
  // The configuration may have changed while this request tried: then the server is somewhere else
  // now.
  const pipeline::Handler* newer = x.newer_service(settings_.name, *this);
  if (newer == nullptr) co_return reply;
  race.rewind();
  pipeline::Reply other = co_await newer->handle(x);
  co_return other;
}

}  // namespace fairlead::proxy
