#include "routing/snapshot.h"

#include <doctest/doctest.h>

namespace fairlead::routing {

TEST_CASE("a_snapshot_keeps_http_and_https_routers_of_an_entry_point_apart") {
  auto http = std::make_shared<const Router>(std::vector<RouterEntry>());
  auto https = std::make_shared<const Router>(std::vector<RouterEntry>());
  RoutingSnapshot snapshot;
  snapshot.entry_points = {{"web", http, nullptr}, {"websecure", nullptr, https}};
  CHECK(snapshot.router(0, false) == http.get());
  CHECK(snapshot.router(0, true) == nullptr);
  CHECK(snapshot.router(1, true) == https.get());
  CHECK(snapshot.router(2, false) == nullptr);
}

}  // namespace fairlead::routing
