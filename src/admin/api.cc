// The HTTP API: which path shows what, and the answers' status and headers. Read-only.
#include "admin/answer.h"
#include "admin/explain_page.h"
#include "admin/pages.h"
#include "admin/services.h"
#include "admin/tail_page.h"
#include "admin/traffic_page.h"
#include "io/work.h"

namespace fairlead::admin {
namespace {

using Path = std::vector<std::string>;  // the segments below /api

// The answer before it becomes one.
struct Found {
  unsigned status = 200;
  Json body;
  std::optional<size_t> next_page;
};

Found problem(unsigned status, std::string message) {
  return {status, {{"message", std::move(message)}}, std::nullopt};
}

Found not_found(std::string_view what, const std::string& id) {
  return problem(404, std::string(what) + " not found: " + id);
}

Found no_such_page() { return problem(404, "no such API endpoint"); }

Found page_of(Json all, Kind kind, const Query& query) {
  auto page = list(std::move(all), kind, query);
  if (!page) return problem(400, page.error());
  return {200, std::move(page->elements), page->next};
}

// /api/<things> or /api/<things>/<id>, of ready-made elements that carry their name.
Found named(Json all, Kind kind, std::string_view what, const Path& path, const Query& query) {
  if (path.size() == 1) return page_of(std::move(all), kind, query);
  for (Json& element : all) {
    if (element["name"] == path[1]) return {200, std::move(element), std::nullopt};
  }
  return not_found(what, path[1]);
}

struct Kinds {
  std::string_view plural, singular;
  Kind kind;
};
constexpr Kinds kKinds[] = {{"routers", "router", Kind::router},
                            {"services", "service", Kind::service},
                            {"middlewares", "middleware", Kind::middleware}};

// /api/{http,tcp,udp}/{routers,services,middlewares}[/id]
Found objects(const State& state, const View& view, const Path& path, const Query& query) {
  if (path.size() < 2 || path.size() > 3) return no_such_page();
  for (const Kinds& row : kKinds) {
    if (row.plural != path[1]) continue;
    auto found = elements(state, view, path[0], row.kind);
    if (!found) return no_such_page();
    if (path.size() == 3) {
      auto one = found->find(path[2]);
      if (one == found->end()) return not_found(row.singular, path[2]);
      return {200, listed(one->first, std::move(one->second), row.kind), std::nullopt};
    }
    Json all = Json::array();
    for (auto& [name, element] : *found) all.push_back(listed(name, std::move(element), row.kind));
    return page_of(std::move(all), row.kind, query);
  }
  return no_such_page();
}

class Api final : public pipeline::Handler {
 public:
  Api(const State& state, ApiSettings settings, observe::Metrics* metrics, observe::Tail* tail)
      : state_(state), settings_(std::move(settings)), metrics_(metrics), tail_(tail) {
    while (settings_.base_path.ends_with('/')) settings_.base_path.pop_back();
  }

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override {
    if (!is_read(x)) return method_not_allowed(x);
    std::string_view own = x.request.path;
    std::string prefix = settings_.base_path + "/api/v1/";
    own = own.starts_with(prefix) ? own.substr(prefix.size()) : std::string_view();
    if (own == "explain" && settings_.explain) return explain(x);
    if (own == "tail" && tail_ != nullptr) return follow(x);
    if (own == "traffic" && metrics_ != nullptr)
      return answer(x, 200, kJson, to_text(traffic_page(*metrics_)));
    Found found = find(x.request.path, Query(x.request.query));
    auto response = answer(x, found.status, kJson, to_text(found.body));
    if (found.next_page) {
      const std::string& page = x.hold(std::to_string(*found.next_page));
      response.head->headers.add("X-Next-Page", page);
    }
    return response;
  }

 private:
  pipeline::Reply follow(pipeline::Exchange& x) const {
    auto filter = tail_filter(Query(x.request.query));
    if (!filter) return answer(x, 400, kJson, to_text({{"message", filter.error()}}));
    return tail_page(x, *tail_, std::move(*filter));
  }

  // Rules of thousands of routers may have to be compiled: not on this thread.
  io::Task<pipeline::Reply> explain(pipeline::Exchange& x) const {
    auto request = explain_request(Query(x.request.query));
    if (!request) co_return answer(x, 400, kJson, to_text({{"message", request.error()}}));
    Explanation explanation;
    auto view = state_.view();
    std::function<void()> job = [&] { explanation = settings_.explain(*view, state_, *request); };
    co_await io::run_on_pool(std::move(job));
    co_return answer(x, 200, kJson, to_text(shown(explanation)));
  }

  Found find(std::string_view path, const Query& query) const {
    std::string prefix = settings_.base_path + "/api/";
    if (!path.starts_with(prefix)) return no_such_page();
    Path below = segments(path.substr(prefix.size()));
    const std::string& first = below[0];
    auto view = state_.view();
    if (first == "http" || first == "tcp" || first == "udp")
      return objects(state_, *view, below, query);
    if (below.size() == 2 && first == "v1") return own_page(below[1], *view);
    auto now = std::chrono::system_clock::now();
    if (below.size() <= 2 && first == "entrypoints") {
      return named(entry_point_elements(*view), Kind::entry_point, "entry point", below, query);
    }
    if (below.size() <= 2 && first == "certificates") {
      return named(certificate_elements(*view, now), Kind::certificate, "certificate", below,
                   query);
    }
    if (below.size() > 1) return no_such_page();
    if (first == "version") return {200, version_page(settings_), std::nullopt};
    if (first == "overview") return {200, overview_page(state_, *view, now), std::nullopt};
    if (first == "rawdata") return {200, raw_data_page(state_, *view), std::nullopt};
    return no_such_page();
  }

  // What Traefik's API does not have.
  static Found own_page(const std::string& name, const View& view) {
    if (name == "diagnostics") return {200, diagnostics_page(view), std::nullopt};
    if (name == "changes") return {200, changes_page(view), std::nullopt};
    if (name == "providers") return {200, providers_page(view), std::nullopt};
    return no_such_page();
  }

  const State& state_;
  ApiSettings settings_;
  observe::Metrics* metrics_;
  observe::Tail* tail_;
};

}  // namespace

Service make_api(const State& state, ApiSettings settings, observe::Metrics* metrics,
                 observe::Tail* tail) {
  return std::make_unique<Api>(state, std::move(settings), metrics, tail);
}

}  // namespace fairlead::admin
