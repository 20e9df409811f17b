// dashboard@internal: the pages of src/admin/dashboard/, which read the API beside them. Nothing in
// them comes from elsewhere, and the headers forbid it.
#include <array>

#include "admin/answer.h"
#include "admin/dashboard_files.h"
#include "admin/services.h"

namespace fairlead::admin {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".svg", "image/svg+xml"}};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

const DashboardFile* find_file(std::string_view name) {
  if (name.empty()) name = "index.html";
  for (const DashboardFile& file : dashboard_files()) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

class Dashboard final : public pipeline::Handler {
 public:
  explicit Dashboard(std::string base_path) : prefix_(std::move(base_path)) {
    while (prefix_.ends_with('/')) prefix_.pop_back();
    prefix_ += "/dashboard/";
  }

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    if (!is_read(x)) return method_not_allowed(x);
    if (!x.request.path.starts_with(prefix_)) return redirect(x);
    const DashboardFile* file = find_file(x.request.path.substr(prefix_.size()));
    if (file == nullptr) return answer(x, 404, kText, "404 page not found\n");
    bool is_known = x.request.headers.get("If-None-Match") == file->etag;
    pipeline::Response response =
        is_known ? answer(x, 304, type_of(file->name), "")
                 : answer(x, 200, type_of(file->name), std::string(file->content));
    http::HeaderMap& headers = response.head->headers;
    headers.add("ETag", file->etag);
    headers.add("Cache-Control", "no-cache");
    headers.add("Content-Security-Policy", kPolicy);
    headers.add("X-Content-Type-Options", "nosniff");
    headers.add("X-Frame-Options", "DENY");
    headers.add("Referrer-Policy", "no-referrer");
    return response;
  }

 private:
  pipeline::Reply redirect(pipeline::Exchange& x) const {
    pipeline::Response response = answer(x, 302, kText, "");
    response.head->headers.add("Location", prefix_);
    return response;
  }

  std::string prefix_;
};

}  // namespace

Service make_dashboard(std::string base_path) {
  return std::make_unique<Dashboard>(std::move(base_path));
}

}  // namespace fairlead::admin
