// The dashboard's files as they were when the program was built (scripts/embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace fairlead::admin {

struct DashboardFile {
  std::string_view name;     // "app.js"
  std::string_view content;  // as in src/admin/dashboard/
  std::string_view etag;     // with its quotes
};

std::span<const DashboardFile> dashboard_files();

}  // namespace fairlead::admin
