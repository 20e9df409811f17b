#include "providers/kubernetes/reporter.h"

#include <algorithm>

#include "base/log.h"
#include "providers/kubernetes/cluster_watch.h"
#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

namespace {

constexpr size_t kMaxNote = 1000;                // of an Event; the API allows 1 KiB
constexpr io::Duration kEventInterval{300'000};  // of the same finding about the same object

std::string text_of(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& one : addresses) {
    text += (text.empty() ? "" : ",") + (one.ip.empty() ? one.hostname : one.ip);
  }
  return text;
}

struct KindName {
  const char* api_version;
  const char* kind;
};

KindName name_of(Kind kind) {
  switch (kind) {
    case Kind::ingress:
      return {"networking.k8s.io/v1", "Ingress"};
    case Kind::ingress_route:
      return {"traefik.io/v1alpha1", "IngressRoute"};
    case Kind::ingress_route_tcp:
      return {"traefik.io/v1alpha1", "IngressRouteTCP"};
    case Kind::ingress_route_udp:
      return {"traefik.io/v1alpha1", "IngressRouteUDP"};
    case Kind::middleware:
      return {"traefik.io/v1alpha1", "Middleware"};
    case Kind::middleware_tcp:
      return {"traefik.io/v1alpha1", "MiddlewareTCP"};
    case Kind::traefik_service:
      return {"traefik.io/v1alpha1", "TraefikService"};
    case Kind::tls_option:
      return {"traefik.io/v1alpha1", "TLSOption"};
    case Kind::tls_store:
      return {"traefik.io/v1alpha1", "TLSStore"};
    case Kind::servers_transport:
      return {"traefik.io/v1alpha1", "ServersTransport"};
    case Kind::servers_transport_tcp:
      return {"traefik.io/v1alpha1", "ServersTransportTCP"};
    default:
      return {"v1", "Service"};
  }
}

std::string uid_of(const ObjectStore& store, const Subject& subject) {
  if (subject.kind == Kind::ingress) {
    const Ingress* ingress = store.ingresses().find(subject.key);
    return ingress == nullptr ? "" : ingress->meta.uid;
  }
  const CustomObject* object = store.custom(subject.kind).find(subject.key);
  return object == nullptr ? "" : object->meta.uid;
}

}  // namespace

std::vector<Address> addresses_of(const Service& service) {
  std::vector<Address> addresses;
  auto add_ips = [&](const std::vector<std::string>& ips) {
    for (const std::string& ip : ips) addresses.push_back({ip, ""});
  };
  bool has_cluster_ip = !service.cluster_ip.empty() && service.cluster_ip != "None";
  if (service.type == "ExternalName") {
    addresses.push_back({"", service.external_name});
  } else if (service.type == "LoadBalancer") {
    addresses = service.load_balancer;
    add_ips(service.external_ips);
  } else if (service.type == "NodePort" && !service.external_ips.empty()) {
    add_ips(service.external_ips);
  } else if (has_cluster_ip) {
    addresses.push_back({service.cluster_ip, ""});
  }
  return addresses;
}

Reporter::Reporter(ReporterSettings settings, ApiClient& client, const ObjectStore& store,
                   const Translator& translator, const Leader& leader)
    : settings_(std::move(settings)),
      client_(client),
      store_(store),
      translator_(translator),
      leader_(leader) {}

io::Task<void> Reporter::run(io::Scope& scope) {
  while (!scope.is_cancelled()) {
    if (!changed_.is_set()) {
      io::Wait change = changed_.wait(&scope);
      auto woken = co_await change;
      if (!woken) co_return;
    }
    changed_.reset();
    if (!leader_.is_leading()) continue;
    std::deque<Job> jobs = status_jobs();
    std::ranges::move(event_jobs(), std::back_inserter(jobs));
    while (!jobs.empty() && leader_.is_leading() && !scope.is_cancelled()) {
      Job job = std::move(jobs.front());
      jobs.pop_front();
      auto done = co_await client_.send(job.method, job.path, scope, job.body, job.type);
      bool is_over = done || done.error().status == 404 || done.error().status == 409;
      if (!is_over && !scope.is_cancelled()) {
        log::warn("could not write to the cluster",
                  {{"provider", "kubernetes"}, {"error", done.error().text}});
      }
      io::Duration pause =
          done ? settings_.pause : std::max(settings_.pause * 10, done.error().retry_after);
      io::Wait breath = io::sleep_for(pause, &scope);
      (void)co_await breath;
    }
  }
}

std::vector<Address> Reporter::wanted_addresses(bool& is_known) const {
  std::vector<Address> addresses;
  for (const std::string& ip : settings_.ips) addresses.push_back({ip, ""});
  for (const std::string& name : settings_.hostnames) addresses.push_back({"", name});
  is_known = !addresses.empty();
  if (is_known || settings_.published_service.empty()) return addresses;
  const Service* service = store_.services().find(settings_.published_service);
  // Without the Service nothing is known, and what is written stays.
  if (service == nullptr) return addresses;
  addresses = addresses_of(*service);
  is_known = !addresses.empty();
  return addresses;
}

bool Reporter::is_worth_writing(const Ingress& ingress, const std::vector<Address>& wanted) {
  std::string key = ingress.meta.key();
  if (ingress.status == wanted) {
    shadowed_.erase(key);
    return false;
  }
  if (settings_.status == ReporterSettings::Status::write) return true;
  auto [at, is_new] = shadowed_.try_emplace(key);
  if (!is_new && at->second == wanted) return false;
  at->second = wanted;
  log::info("status that would be written", {{"provider", translator_.provider()},
                                             {"ingress", key},
                                             {"addresses", text_of(wanted)},
                                             {"instead of", text_of(ingress.status)}});
  return false;
}

std::deque<Reporter::Job> Reporter::status_jobs() {
  std::deque<Job> jobs;
  if (settings_.status == ReporterSettings::Status::off) return jobs;
  bool is_known = false;
  std::vector<Address> wanted = wanted_addresses(is_known);
  if (!is_known) return jobs;
  std::vector<std::string> keys = translator_.status_objects();
  std::set<std::string> ours(keys.begin(), keys.end());
  for (const std::string& key : ours) {
    const Ingress* ingress = store_.ingresses().find(key);
    if (ingress == nullptr) continue;
    if (is_worth_writing(*ingress, wanted)) jobs.push_back(status_job(key, wanted));
  }
  // One that went to another class and still shows our addresses.
  for (const std::string& key : written_) {
    const Ingress* ingress = store_.ingresses().find(key);
    if (ours.contains(key) || ingress == nullptr || ingress->status != wanted) continue;
    if (is_worth_writing(*ingress, {})) jobs.push_back(status_job(key, {}));
  }
  written_ = std::move(ours);
  return jobs;
}

Reporter::Job Reporter::status_job(const std::string& key,
                                   const std::vector<Address>& addresses) const {
  size_t slash = key.find('/');
  std::string space = key.substr(0, slash), name = key.substr(slash + 1);
  Json list = Json::array();
  for (const Address& one : addresses) {
    Json entry = Json::object();
    if (!one.ip.empty()) entry["ip"] = one.ip;
    if (!one.hostname.empty()) entry["hostname"] = one.hostname;
    list.push_back(std::move(entry));
  }
  Json body{{"apiVersion", "networking.k8s.io/v1"},
            {"kind", "Ingress"},
            {"metadata", {{"name", name}, {"namespace", space}}},
            {"status", {{"loadBalancer", {{"ingress", list}}}}}};
  std::string path = resource_path(Kind::ingress, space) + "/" + escape_query(name) +
                     "/status?fieldManager=fairlead&force=true";
  // JSON is YAML, and the server wants to hear that.
  return {"PATCH", std::move(path), body.dump(), "application/apply-patch+yaml"};
}

std::deque<Reporter::Job> Reporter::event_jobs() {
  std::deque<Job> jobs;
  if (!settings_.writes_events) return jobs;
  io::TimePoint now = io::Loop::current()->now();
  const auto& verdicts = translator_.verdicts();
  std::erase_if(told_, [&](const auto& one) {
    return !verdicts.contains(one.first) && now - one.second.at >= kEventInterval;
  });
  for (const auto& [subject, findings] : verdicts) {
    Told& told = told_[subject];
    if (now - told.at >= kEventInterval) told.findings.clear();
    for (const Finding& finding : findings) {
      if (!told.findings.insert(finding).second) continue;
      told.at = now;
      jobs.push_back(event_job(subject, finding));
    }
  }
  return jobs;
}

Reporter::Job Reporter::event_job(const Subject& subject, const Finding& finding) {
  size_t slash = subject.key.find('/');
  std::string space = subject.key.substr(0, slash), name = subject.key.substr(slash + 1);
  KindName kind = name_of(subject.kind);
  std::string note = (finding.field.empty() ? "" : finding.field + ": ") + finding.message;
  if (note.size() > kMaxNote) note = note.substr(0, kMaxNote - 3) + "...";
  std::string when = micro_time();
  std::string id = name + "." + short_hash(when + note + std::to_string(++events_));
  Json body{{"apiVersion", "events.k8s.io/v1"},
            {"kind", "Event"},
            {"metadata", {{"name", id}, {"namespace", space}}},
            {"regarding",
             {{"apiVersion", kind.api_version},
              {"kind", kind.kind},
              {"namespace", space},
              {"name", name},
              {"uid", uid_of(store_, subject)}}},
            {"type", "Warning"},
            {"reason", finding.reason},
            {"action", "Route"},
            {"note", note},
            {"reportingController", "fairlead.io/ingress-controller"},
            {"reportingInstance", leader_.identity()},
            {"eventTime", when}};
  return {"POST", "/apis/events.k8s.io/v1/namespaces/" + escape_query(space) + "/events",
          body.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json"};
}

}  // namespace fairlead::providers::kubernetes
