#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "admin/services.h"
#include "unit/admin/request.h"

namespace fairlead::admin {
namespace {

using testing::ask;

View view_with(std::vector<ProviderState> providers) {
  View view;
  view.providers = std::move(providers);
  return view;
}

}  // namespace

TEST_CASE("ping_says_ok_until_draining") {
  PublishedState state;
  auto ping = make_ping(state, 599);
  auto answer = ask(*ping, "/ping");
  CHECK(answer.status == 200);
  CHECK(answer.body == "OK");
  CHECK(ask(*ping, "/ping", http::Method::head).status == 200);
  CHECK(ask(*ping, "/ping", http::Method::post).status == 405);
  state.start_draining();
  CHECK(ask(*ping, "/ping").status == 599);
}

TEST_CASE("ready_waits_for_every_provider_and_names_the_missing") {
  PublishedState state;
  auto ready = make_ready(state);
  state.publish(view_with(
      {{"docker", true, "connected", ""}, {"file", false, "connecting", "no such file"}}));
  auto answer = ask(*ready, "/ready");
  CHECK(answer.status == 503);
  auto body = nlohmann::json::parse(answer.body);
  CHECK(body["ready"] == false);
  CHECK(body["waitingFor"] == nlohmann::json::array({"file"}));
  CHECK(body["providers"]["file"]["why"] == "no such file");
  state.publish(view_with({{"docker", true, "lost", "gone"}, {"file", true, "connected", ""}}));
  CHECK(ask(*ready, "/ready").status ==
        200);  // a provider that was lost later does not take us out
  state.start_draining();
  CHECK(ask(*ready, "/ready").status == 503);
}

TEST_CASE("metrics_page_is_a_scrape") {
  observe::Metrics metrics({.entry_points = {"web"}}, 1);
  auto page = make_metrics_page(metrics);
  auto answer = ask(*page, "/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.body.find("traefik_open_connections{entrypoint=\"web\",protocol=\"TCP\"} 0\n") !=
        std::string::npos);
}

}  // namespace fairlead::admin
