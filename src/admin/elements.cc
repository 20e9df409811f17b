#include "admin/elements.h"

#include <algorithm>
#include <cctype>

#include "config/merge.h"
#include "config/references.h"
#include "config/stream_specs.h"

namespace fairlead::admin {
namespace {

using config::StatusMap;

void put(Json& to, const char* key, const std::vector<std::string>& words) {
  if (!words.empty()) to[key] = words;
}

void put_status(Json& element, const StatusMap& statuses, const std::string& name) {
  static const config::ObjectStatus kFine;
  auto found = statuses.find(name);
  const config::ObjectStatus& status = found == statuses.end() ? kFine : found->second;
  element["status"] = config::name(status.state);
  put(element, "error", status.errors);
  put(element, "using", status.uses);
  put(element, "usedBy", status.used_by);
}

void put_priority(Json& element, int64_t priority) {
  element["priority"] = priority;
  // Beyond 2^53 JavaScript rounds numbers.
  element["priorityStr"] = std::to_string(priority);
}

// What follows from a router's values but is not written in them.
void complete(Json& element, const config::RouterSpec& router) {
  put_priority(element, config::effective_priority(router));
  if (router.tls && router.tls->options.empty()) element["tls"]["options"] = "default";
}

void complete(Json& element, const config::OpaqueSpec& object) {
  auto rule = element.find("rule");
  if (rule == element.end() || !rule->is_string()) return;
  int64_t priority = 0;
  auto set = element.find("priority");
  if (set != element.end() && set->is_number_integer()) priority = set->get<int64_t>();
  put_priority(element, config::effective_tcp_priority(rule->get<std::string>(), priority));
  auto tls = element.find("tls");
  if (tls == element.end() || *tls == Json(false)) return;
  if (!tls->is_object()) *tls = Json::object();
  if (!tls->contains("options")) (*tls)["options"] = "default";
}

template <class Spec>
void complete(Json&, const Spec&) {}

template <class ByName>
Elements gather(const ByName& in_force, const ByName& rejected, const StatusMap& statuses) {
  Elements out;
  for (const auto* specs : {&rejected, &in_force}) {
    for (const auto& [name, spec] : *specs) {
      Json element = shown(config::encode(spec));
      if (!element.is_object()) element = Json::object();
      complete(element, spec);
      put_status(element, statuses, name);
      out.insert_or_assign(name, std::move(element));
    }
  }
  return out;
}

void put_server_status(Elements& services, const State& state,
                       const config::Section<config::ServiceSpec>& specs) {
  for (const auto& [name, spec] : specs) {
    if (spec.kind != config::ServiceSpec::Kind::load_balancer) continue;
    Json servers = Json::object();
    for (const config::ServerSpec& server : spec.load_balancer.servers) {
      servers[server.url] = state.is_up(name, server.url).value_or(true) ? "UP" : "DOWN";
    }
    if (!servers.empty()) services[name]["serverStatus"] = std::move(servers);
  }
}

void put_server_status(Elements& services, const State& state,
                       const std::map<std::string, config::OpaqueSpec>& specs) {
  for (const auto& [name, object] : specs) {
    config::Diagnostics ignored;
    auto spec = config::stream_spec<config::TcpServiceSpec>(object, "", name, ignored);
    Json servers = Json::object();
    for (const config::TcpServerSpec& server : spec.servers)
      servers[server.address] = state.is_up(name, server.address).value_or(true) ? "UP" : "DOWN";
    if (!servers.empty()) services[name]["serverStatus"] = std::move(servers);
  }
}

std::optional<Elements> http_elements(const State& state, const View& view, Kind kind) {
  const config::MergedObjects& objects = view.objects;
  config::Validation checked = view.validation;
  config::complete_statuses(objects, checked);
  if (kind == Kind::router)
    return gather(objects.routers, checked.rejected.routers, checked.routers);
  if (kind == Kind::middleware) {
    return gather(objects.middlewares, checked.rejected.middlewares, checked.middlewares);
  }
  if (kind != Kind::service) return std::nullopt;
  Elements services = gather(objects.services, checked.rejected.services, checked.services);
  put_server_status(services, state, objects.services);
  return services;
}

std::optional<Elements> tcp_elements(const State& state, const View& view, Kind kind) {
  const config::OtherObjects& objects = view.objects;
  const config::Validation& checked = view.validation;
  if (kind == Kind::router)
    return gather(objects.tcp_routers, checked.rejected.tcp_routers, checked.tcp_routers);
  if (kind == Kind::service) {
    Elements services =
        gather(objects.tcp_services, checked.rejected.tcp_services, checked.tcp_services);
    put_server_status(services, state, objects.tcp_services);
    return services;
  }
  if (kind != Kind::middleware) return std::nullopt;
  return gather(objects.tcp_middlewares, checked.rejected.tcp_middlewares, checked.tcp_middlewares);
}

std::optional<Elements> udp_elements(const View& view, Kind kind) {
  const config::OtherObjects& objects = view.objects;
  const config::Validation& checked = view.validation;
  if (kind == Kind::router)
    return gather(objects.udp_routers, checked.rejected.udp_routers, checked.udp_routers);
  if (kind == Kind::service)
    return gather(objects.udp_services, checked.rejected.udp_services, checked.udp_services);
  return std::nullopt;
}

// A service or middleware has one member that is its kind ("loadBalancer", "addPrefix"), beside
// what put_status adds.
std::string type_of(const Json& element) {
  static constexpr const char* kOthers[] = {"status", "error",        "using",
                                            "usedBy", "serverStatus", "middlewares"};
  for (const auto& [key, value] : element.items()) {
    auto is_key = [&key = key](const char* other) { return key == other; };
    if (std::ranges::any_of(kOthers, is_key)) continue;
    std::string type = key;
    for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return type;
  }
  return {};
}

}  // namespace

std::optional<Elements> elements(const State& state, const View& view, std::string_view protocol,
                                 Kind kind) {
  if (protocol == "http") return http_elements(state, view, kind);
  if (protocol == "tcp") return tcp_elements(state, view, kind);
  if (protocol == "udp") return udp_elements(view, kind);
  return std::nullopt;
}

Json listed(const std::string& name, Json element, Kind kind) {
  if (kind != Kind::router) element["type"] = type_of(element);
  element["name"] = name;
  element["provider"] = config::provider_of(name);
  return element;
}

}  // namespace fairlead::admin
