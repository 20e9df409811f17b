// Whole translations as golden files: objects of a cluster in YAML, then the dynamic configuration
// and what is wrong. The first document may be {kind: Options, provider: …, options: {…}}.
#include <doctest/doctest.h>

#include "base/base64.h"
#include "cluster_objects.h"
#include "config/static_config.h"
#include "providers/kubernetes/cluster_watch.h"
#include "providers/kubernetes/crd_translator.h"
#include "providers/kubernetes/ingress_translator.h"
#include "support/golden.h"

namespace fairlead::providers::kubernetes {
namespace {

using testing::Json;

const std::map<std::string, Kind> kKinds = {{"IngressClass", Kind::ingress_class},
                                            {"Ingress", Kind::ingress},
                                            {"Service", Kind::service},
                                            {"EndpointSlice", Kind::endpoint_slice},
                                            {"Secret", Kind::secret},
                                            {"ConfigMap", Kind::config_map},
                                            {"Node", Kind::node},
                                            {"IngressRoute", Kind::ingress_route},
                                            {"IngressRouteTCP", Kind::ingress_route_tcp},
                                            {"IngressRouteUDP", Kind::ingress_route_udp},
                                            {"Middleware", Kind::middleware},
                                            {"MiddlewareTCP", Kind::middleware_tcp},
                                            {"TraefikService", Kind::traefik_service},
                                            {"TLSOption", Kind::tls_option},
                                            {"TLSStore", Kind::tls_store},
                                            {"ServersTransport", Kind::servers_transport},
                                            {"ServersTransportTCP", Kind::servers_transport_tcp}};

// Short spelling in golden files: namespace "default", slices without ceremony.
void complete(Json& object) {
  Json& meta = object["metadata"];
  std::string kind = object["kind"];
  bool is_in_cluster = kind == "IngressClass" || kind == "Node";
  if (!is_in_cluster && !meta.contains("namespace")) meta["namespace"] = "default";
  if (kind == "EndpointSlice" && !object.contains("addressType")) object["addressType"] = "IPv4";
  if (object.contains("stringData")) {
    for (auto& [key, value] : object["stringData"].items()) {
      object["data"][key] = base64_encode(value.get<std::string>());
    }
  }
}

std::unique_ptr<Translator> translator_for(const std::string& provider, const Json& options) {
  config::Diagnostics faults;
  Json document{{"providers", {{provider, options}}}};
  config::Node node = config::parse_json(document.dump(), "golden", faults);
  config::StaticConfig decoded = config::decode_static(node, faults);
  for (const auto& fault : faults) FAIL(fault.text());
  if (provider == "kubernetesCRD") {
    return std::make_unique<CrdTranslator>(*decoded.providers.kubernetes_crd);
  }
  if (provider == "kubernetesIngressNGINX") {
    return std::make_unique<IngressTranslator>(
        nginx_dialect(*decoded.providers.kubernetes_ingress_nginx));
  }
  return std::make_unique<IngressTranslator>(
      traefik_dialect(*decoded.providers.kubernetes_ingress));
}

std::string show(const Translator& translator) {
  const config::Fragment& fragment = translator.fragment();
  std::string text = config::to_yaml(config::encode_dynamic(fragment.objects));
  for (const config::Diagnostic& one : fragment.diagnostics) text += one.text() + "\n";
  return text;
}

// Once with everything at hand, and once object by object in reverse: the same must come of it.
std::string translate(const std::string& input) {
  std::vector<Json> objects = testing::cluster_objects(input);
  std::string provider = "kubernetesIngress";
  Json options = Json::object();
  if (!objects.empty() && objects[0]["kind"] == "Options") {
    provider = objects[0].value("provider", provider);
    options = objects[0].value("options", options);
    objects.erase(objects.begin());
  }
  for (Json& object : objects) complete(object);
  auto at_once = translator_for(provider, options), in_steps = translator_for(provider, options);
  ObjectStore store, growing;
  for (const Json& object : objects) store_object(store, kKinds.at(object["kind"]), object);
  at_once->update(store, store.take_changes());
  for (auto at = objects.rbegin(); at != objects.rend(); ++at) {
    store_object(growing, kKinds.at((*at)["kind"]), *at);
    in_steps->update(growing, growing.take_changes());
  }
  std::string text = show(*at_once);
  CHECK(show(*in_steps) == text);
  // And nothing is left when all of it goes.
  for (const Json& object : objects) {
    Kind kind = kKinds.at(object["kind"]);
    std::string space = object["metadata"].value("namespace", "");
    std::string name = object["metadata"]["name"];
    growing.remove(kind, space.empty() ? name : space + "/" + name);
    in_steps->update(growing, growing.take_changes());
  }
  CHECK(in_steps->fragment().objects == config::Objects());
  return text;
}

TEST_CASE("ingress_golden_files") { testing::check_golden_folder("ingress", translate); }

}  // namespace
}  // namespace fairlead::providers::kubernetes
