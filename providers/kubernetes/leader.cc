#include "providers/kubernetes/leader.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <unistd.h>

#include "base/log.h"

namespace fairlead::providers::kubernetes {

std::string micro_time() {
  auto now = std::chrono::system_clock::now();
  std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() %
      1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char day[32], text[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%06ldZ", day, static_cast<long>(micros));
  return text;
}

std::string own_identity() {
  const char* pod = std::getenv("POD_NAME");
  if (pod != nullptr && *pod != '\0') return pod;
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + "_" + std::to_string(::getpid());
}

std::string Leader::path() const {
  return "/apis/coordination.k8s.io/v1/namespaces/" + escape_query(settings_.space) + "/leases";
}

void Leader::set_leading(bool is_leading) {
  if (is_leading_ == is_leading) return;
  is_leading_ = is_leading;
  log::info(is_leading ? "leading: this replica writes status and Events" : "not leading any more",
            {{"provider", "kubernetes"}, {"lease", settings_.space + "/" + settings_.name}});
  changed_.set();
}

io::Task<void> Leader::run(io::Scope& scope) {
  if (settings_.is_disabled) {
    set_leading(true);
    co_return;
  }
  while (!scope.is_cancelled()) {
    bool leads = co_await try_lead(scope);
    io::TimePoint now = io::Loop::current()->now();
    if (leads) renewed_at_ = now;
    // A renewal that fails once is tried again; writing stops before somebody else may begin.
    bool may_go_on = is_leading_ && now - renewed_at_ < settings_.duration - settings_.renew;
    set_leading(leads || (may_go_on && seen_version_.empty()));
    io::Wait pause = io::sleep_for(leads ? settings_.renew : settings_.retry, &scope);
    (void)co_await pause;
  }
  if (is_leading_) co_await resign();
}

// Whether the Lease is ours now.
io::Task<bool> Leader::try_lead(io::Scope& scope) {
  auto found = co_await client_.send("GET", path() + "/" + settings_.name, scope);
  if (!found && found.error().status != 404) co_return false;
  if (!found) {
    std::string body = lease(Json(), false).dump();
    auto made = co_await client_.send("POST", path(), scope, std::move(body), "application/json");
    co_return made.has_value();
  }
  std::string holder = text(member(*found, "spec"), "holderIdentity");
  if (!holder.empty() && holder != settings_.identity) {
    std::string version = text(member(*found, "metadata"), "resourceVersion");
    io::TimePoint now = io::Loop::current()->now();
    if (version != seen_version_) {
      seen_version_ = version;
      seen_at_ = now;
    }
    int64_t seconds =
        number(member(*found, "spec"), "leaseDurationSeconds", settings_.duration.count() / 1000);
    if (now - seen_at_ < io::Duration(seconds * 1000)) co_return false;
  }
  std::string body = lease(*found, false).dump();
  auto taken = co_await client_.send("PUT", path() + "/" + settings_.name, scope, std::move(body),
                                     "application/json");
  if (taken) seen_version_.clear();
  co_return taken.has_value();
}

// So that the next one need not wait.
io::Task<void> Leader::resign() {
  io::Scope own;
  own.set_deadline({io::Duration(2'000), Code::request_total_timeout});
  auto found = co_await client_.send("GET", path() + "/" + settings_.name, own);
  if (!found) co_return;
  if (text(member(*found, "spec"), "holderIdentity") != settings_.identity) co_return;
  std::string body = lease(*found, true).dump();
  (void)co_await client_.send("PUT", path() + "/" + settings_.name, own, std::move(body),
                              "application/json");
}

Json Leader::lease(const Json& old, bool is_leaving) const {
  Json made{{"apiVersion", "coordination.k8s.io/v1"},
            {"kind", "Lease"},
            {"metadata", {{"name", settings_.name}, {"namespace", settings_.space}}}};
  std::string version = text(member(old, "metadata"), "resourceVersion");
  if (!version.empty()) made["metadata"]["resourceVersion"] = version;
  const Json& before = member(old, "spec");
  bool was_ours = text(before, "holderIdentity") == settings_.identity;
  std::string now = micro_time();
  std::string since = text(before, "acquireTime");
  int64_t seconds = is_leaving ? 1 : settings_.duration.count() / 1000;
  made["spec"] = {{"holderIdentity", is_leaving ? "" : settings_.identity},
                  {"leaseDurationSeconds", std::max<int64_t>(seconds, 1)},
                  {"acquireTime", was_ours && !since.empty() ? since : now},
                  {"renewTime", now},
                  {"leaseTransitions",
                   number(before, "leaseTransitions") + (was_ours || before.is_null() ? 0 : 1)}};
  return made;
}

}  // namespace fairlead::providers::kubernetes
