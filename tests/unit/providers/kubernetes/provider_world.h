// A provider of Ingresses in front of a scripted API server, and what it published.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cluster_objects.h"
#include "providers/kubernetes/ingress_translator.h"
#include "providers/kubernetes/kubernetes_provider.h"
#include "support/control_loop.h"
#include "support/fake_api_server.h"

namespace fairlead::providers::kubernetes {

using testing::ControlLoop;
using testing::FakeApiServer;
using testing::ingress_json;
using testing::service_json;
using testing::slice_json;

struct Recorder final : FragmentSink {
  void publish(config::Fragment fragment) override {
    ++publications;
    last = std::move(fragment);
    // What must never be seen once there was something.
    if (!last.objects.routers.empty()) had_routers = true;
    if (had_routers && last.objects.routers.empty()) ++empty_ones;
  }
  void connection(std::string_view provider, Connection state, std::string_view why) override {
    CHECK(provider == "kubernetes");
    states.push_back(state);
    reasons.emplace_back(why);
  }
  bool is_connected() const { return !states.empty() && states.back() == Connection::connected; }
  bool is_lost() const { return !states.empty() && states.back() == Connection::lost; }
  std::string servers(const std::string& service) const {
    auto found = last.objects.services.find(service);
    if (found == last.objects.services.end()) return "none";
    std::string text;
    for (const auto& server : found->second.load_balancer.servers) {
      text += (text.empty() ? "" : ",") + server.url + (server.is_fenced ? "!" : "");
    }
    return text;
  }

  config::Fragment last;
  int publications = 0, empty_ones = 0;
  bool had_routers = false;
  std::vector<Connection> states;
  std::vector<std::string> reasons;
};

struct ProviderWorld {
  ProviderWorld() { config.endpoint = server.endpoint(); }
  void start() {
    KubernetesOptions options = ingress_options(config);
    options.watch.first_retry = io::Duration(1);
    options.watch.last_retry = io::Duration(20);
    options.environment = {};
    options.leader.identity = identity;
    options.leader.duration = io::Duration(1000);
    options.leader.renew = io::Duration(100);
    options.leader.retry = io::Duration(50);
    options.report.pause = io::Duration(1);
    provider.emplace(std::move(options),
                     std::make_unique<IngressTranslator>(traefik_dialect(config)), client);
    loop.scope().spawn(provider->run(loop.scope(), sink));
  }
  void put_web(const std::string& ip = "10.0.0.1") {
    server.put("ingresses", ingress_json("web", "a.example", "/", "web"));
    server.put("services", service_json("web"));
    server.put("endpointslices", slice_json("web", {{ip}}));
  }
  bool sees(const std::string& service, const std::string& servers) {
    return loop.until([&] { return sink.servers(service) == servers; });
  }
  ~ProviderWorld() { CHECK(loop.end()); }

  FakeApiServer server;
  std::string identity = "one";
  config::KubernetesIngressConfig config;
  Recorder sink;
  ControlLoop loop;
  fetch::Client client;
  std::optional<KubernetesProvider> provider;
};

}  // namespace fairlead::providers::kubernetes
