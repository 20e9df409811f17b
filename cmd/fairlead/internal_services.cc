#include "cmd/fairlead/internal_services.h"

#include "admin/services.h"
#include "base/version.h"
#include "cmd/fairlead/explainer.h"

namespace fairlead {
namespace {

// Always the same small answer.
class Constant final : public pipeline::Handler {
 public:
  Constant(unsigned status, std::string_view body) : status_(status), body_(body) {}
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    return pipeline::Reply(x.reply(status_, body_));
  }

 private:
  unsigned status_;
  std::string_view body_;
};

}  // namespace

InternalServices internal_services(const config::StaticConfig& config, const admin::State& state,
                                   observe::Metrics& metrics, observe::Tail& tail) {
  InternalServices services;
  unsigned terminating =
      config.ping ? static_cast<unsigned>(config.ping->terminating_status_code) : 503;
  services["ping@internal"] = admin::make_ping(state, terminating);
  services["ready@internal"] = admin::make_ready(state);
  services["prometheus@internal"] = admin::make_metrics_page(metrics);
  admin::ApiSettings api;
  if (config.api) {
    api.base_path = config.api->base_path;
    api.dashboard_name = config.api->dashboard_name;
    api.disables_dashboard_ad = config.api->disables_dashboard_ad;
  }
  api.version = version().number;
  api.codename = version().codename;
  api.started_at = std::chrono::system_clock::now();
  auto explainer = std::make_shared<Explainer>(config);
  api.explain = [explainer](const admin::View& view, const admin::State& known,
                            const admin::ExplainRequest& request) {
    return explainer->explain(view, known, request);
  };
  services["api@internal"] = admin::make_api(state, api, &metrics, &tail);
  services["dashboard@internal"] = admin::make_dashboard(api.base_path);
  services["noop@internal"] = std::make_shared<Constant>(418, "");
  return services;
}

}  // namespace fairlead
