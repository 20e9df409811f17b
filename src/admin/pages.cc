#include "admin/pages.h"

#include <array>

namespace fairlead::admin {
namespace {

struct Section {
  const char* protocol;
  const char* name;  // in the overview
  Kind kind;
  const char* raw_name;  // in /api/rawdata
};
constexpr Section kSections[] = {
    {"http", "routers", Kind::router, "routers"},
    {"http", "services", Kind::service, "services"},
    {"http", "middlewares", Kind::middleware, "middlewares"},
    {"tcp", "routers", Kind::router, "tcpRouters"},
    {"tcp", "services", Kind::service, "tcpServices"},
    {"tcp", "middlewares", Kind::middleware, "tcpMiddlewares"},
    {"udp", "routers", Kind::router, "udpRouters"},
    {"udp", "services", Kind::service, "udpServices"},
};

struct Tally {
  size_t total = 0, warnings = 0, errors = 0;

  void add(const Json& element) {
    ++total;
    if (element["status"] == "warning") ++warnings;
    if (element["status"] == "disabled") ++errors;
  }
  Json json() const { return {{"total", total}, {"warnings", warnings}, {"errors", errors}}; }
};

// Traefik's overview names providers like its types.
std::string title(const std::string& provider) {
  constexpr std::pair<std::string_view, std::string_view> kTitles[] = {
      {"http", "HTTP"},
      {"ecs", "ECS"},
      {"kubernetes", "KubernetesIngress"},
      {"kubernetescrd", "KubernetesCRD"},
      {"kubernetesgateway", "KubernetesGateway"},
      {"kubernetesingressnginx", "KubernetesIngressNGINX"}};
  for (const auto& [name, shown] : kTitles) {
    if (provider == name) return std::string(shown);
  }
  std::string shown = provider;
  if (!shown.empty() && shown[0] >= 'a' && shown[0] <= 'z')
    shown[0] = static_cast<char>(shown[0] - 32);
  return shown;
}

}  // namespace

Json version_page(const ApiSettings& settings) {
  Json out{{"Version", settings.version},
           {"Codename", settings.codename},
           {"startDate", rfc3339(settings.started_at)}};
  if (!settings.dashboard_name.empty()) out["dashboardName"] = settings.dashboard_name;
  if (settings.disables_dashboard_ad) out["disableDashboardAd"] = true;
  return out;
}

Json overview_page(const State& state, const View& view, WallTime now) {
  Json out;
  for (const Section& section : kSections) {
    Tally tally;
    auto found = elements(state, view, section.protocol, section.kind);
    for (const auto& [name, element] : *found) tally.add(element);
    out[section.protocol][section.name] = tally.json();
  }
  Tally certificates;
  for (const Json& certificate : certificate_elements(view, now)) certificates.add(certificate);
  out["certificates"] = certificates.json();
  out["features"] = {{"tracing", view.features.tracing},
                     {"metrics", view.features.metrics},
                     {"accessLog", view.features.has_access_log}};
  out["providers"] = Json::array();
  for (const ProviderState& provider : view.providers)
    out["providers"].push_back(title(provider.name));
  return out;
}

Json raw_data_page(const State& state, const View& view) {
  Json out = Json::object();
  for (const Section& section : kSections) {
    auto found = elements(state, view, section.protocol, section.kind);
    if (!found->empty()) out[section.raw_name] = std::move(*found);
  }
  return out;
}

Json diagnostics_page(const View& view) {
  Json list = Json::array();
  for (const config::Diagnostic& diagnostic : view.diagnostics) list.push_back(shown(diagnostic));
  return {{"version", view.version}, {"diagnostics", std::move(list)}};
}

Json changes_page(const View& view) {
  Json list = Json::array();
  for (const Change& change : view.changes) list.push_back(shown(change));
  return {{"version", view.version},
          {"publishedAt", rfc3339(view.published_at)},
          {"changes", std::move(list)}};
}

Json providers_page(const View& view) {
  Json list = Json::array();
  for (const ProviderState& provider : view.providers) {
    list.push_back({{"name", provider.name},
                    {"title", title(provider.name)},
                    {"connection", provider.connection},
                    {"hasReported", provider.has_reported},
                    {"why", provider.why}});
  }
  return {{"providers", std::move(list)}};
}

Json entry_point_elements(const View& view) {
  Json out = Json::array();
  for (const auto& [name, entry_point] : view.entry_points) {
    Json element = shown(entry_point);
    element["name"] = name;
    out.push_back(std::move(element));
  }
  return out;
}

Json certificate_elements(const View& view, WallTime now) {
  Json out = Json::array();
  for (const CertificateInfo& certificate : view.certificates)
    out.push_back(shown(certificate, now));
  return out;
}

}  // namespace fairlead::admin
