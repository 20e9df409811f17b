// /ping, /ready and /metrics.
#include <nlohmann/json.hpp>

#include "admin/answer.h"
#include "admin/json.h"
#include "admin/services.h"

namespace fairlead::admin {
namespace {

class Ping final : public pipeline::Handler {
 public:
  Ping(const State& state, unsigned terminating_status)
      : state_(state), terminating_status_(terminating_status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    if (!is_read(x)) return method_not_allowed(x);
    if (!state_.is_draining()) return answer(x, 200, kText, "OK");
    return answer(x, terminating_status_, kText,
                  std::string(http::reason_phrase(terminating_status_)));
  }

 private:
  const State& state_;
  const unsigned terminating_status_;
};

class Ready final : public pipeline::Handler {
 public:
  explicit Ready(const State& state) : state_(state) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    if (!is_read(x)) return method_not_allowed(x);
    auto view = state_.view();
    bool is_draining = state_.is_draining();
    auto waiting = nlohmann::json::array();
    auto providers = nlohmann::json::object();
    for (const ProviderState& provider : view->providers) {
      if (!provider.has_reported) waiting.push_back(provider.name);
      providers[provider.name] = {{"reported", provider.has_reported},
                                  {"connection", provider.connection}};
      if (!provider.why.empty()) providers[provider.name]["why"] = provider.why;
    }
    bool is_ready = waiting.empty() && !is_draining;
    nlohmann::json body{{"ready", is_ready},
                        {"draining", is_draining},
                        {"version", view->version},
                        {"waitingFor", waiting},
                        {"providers", providers}};
    return answer(x, is_ready ? 200 : 503, kJson, to_text(body));
  }

 private:
  const State& state_;
};

class MetricsPage final : public pipeline::Handler {
 public:
  explicit MetricsPage(observe::Metrics& metrics) : metrics_(metrics) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    if (!is_read(x)) return method_not_allowed(x);
    return answer(x, 200, observe::Metrics::kContentType, metrics_.scrape());
  }

 private:
  observe::Metrics& metrics_;
};

}  // namespace

Service make_ping(const State& state, unsigned terminating_status) {
  return std::make_unique<Ping>(state, terminating_status);
}

Service make_ready(const State& state) { return std::make_unique<Ready>(state); }

Service make_metrics_page(observe::Metrics& metrics) {
  return std::make_unique<MetricsPage>(metrics);
}

}  // namespace fairlead::admin
