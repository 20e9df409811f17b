#include <doctest/doctest.h>

#include "admin/dashboard_files.h"
#include "admin/services.h"
#include "unit/admin/request.h"

namespace fairlead::admin {
namespace {

using testing::ask;

TEST_CASE("dashboard_serves_its_page_with_headers_that_forbid_everything_else") {
  auto service = make_dashboard("/");
  auto page = ask(*service, "/dashboard/");
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(page.header("X-Frame-Options") == "DENY");
  CHECK(page.body.find("<title>Fairlead</title>") != std::string::npos);
}

TEST_CASE("dashboard_leads_other_paths_to_itself") {
  auto service = make_dashboard("/tools/");
  for (const char* path : {"/", "/tools/dashboard", "/tools/"}) {
    CAPTURE(path);
    auto answer = ask(*service, path);
    CHECK(answer.status == 302);
    CHECK(answer.header("Location") == "/tools/dashboard/");
  }
  CHECK(ask(*service, "/tools/dashboard/nothing.js").status == 404);
}

TEST_CASE("dashboard_stays_small_and_asks_nobody_else") {
  size_t total = 0;
  for (const DashboardFile& file : dashboard_files()) {
    CAPTURE(file.name);
    total += file.content.size();
    CHECK(file.content.find("https://") == std::string_view::npos);
    CHECK(file.content.find("style=\"") == std::string_view::npos);
  }
  CHECK(total > 10'000);
  CHECK(total < 300 * 1024);
}

}  // namespace
}  // namespace fairlead::admin
