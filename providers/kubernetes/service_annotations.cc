// traefik.ingress.kubernetes.io/service.* of a Service.
#include <array>

#include "config/reader.h"
#include "providers/kubernetes/backend_service.h"
#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Severity;

constexpr std::string_view kPrefix = "traefik.ingress.kubernetes.io/";

class ServiceAnnotations {
 public:
  ServiceAnnotations(BackendTuning& tuning, Findings& findings)
      : tuning_(tuning), findings_(findings) {}

  void read(const std::string& annotation, const std::string& value) {
    std::string key = lower(annotation.substr(kPrefix.size()));
    if (key.starts_with("service.sticky.cookie")) {
      read_cookie(annotation, key.substr(std::string_view("service.sticky.cookie").size()), value);
    } else if (key == "service.serversscheme") {
      if (!tuning_.scheme) tuning_.scheme = value;
      if (value != "http" && value != "https" && value != "h2c") {
        bad(annotation, "expects http, https or h2c", value);
        tuning_.scheme.reset();
      }
    } else if (key == "service.serverstransport") {
      if (tuning_.servers_transport.empty()) tuning_.servers_transport = value;
    } else if (key == "service.middlewares") {
      if (tuning_.middlewares.empty()) tuning_.middlewares = split_words(value);
    } else if (key == "service.passhostheader") {
      read_flag(annotation, value, tuning_.passes_host_header);
    } else if (key == "service.nativelb") {
      read_flag(annotation, value, tuning_.is_native);
    } else if (key == "service.nodeportlb") {
      read_flag(annotation, value, tuning_.is_node_port);
    } else {
      findings_.push_back({Severity::warning, "UnknownAnnotation", annotation,
                           "is no annotation of a Service that is known"});
    }
  }

 private:
  void read_flag(const std::string& annotation, const std::string& value,
                 std::optional<bool>& out) {
    auto flag = config::parse_bool(value);
    if (!flag) return bad(annotation, "expects true or false", value);
    if (!out) out = flag;
  }

  void read_cookie(const std::string& annotation, const std::string& key,
                   const std::string& value) {
    if (key.empty()) {
      auto flag = config::parse_bool(value);
      if (!flag) return bad(annotation, "expects true or false", value);
      if (*flag && !tuning_.sticky) tuning_.sticky.emplace();
      return;
    }
    if (!tuning_.sticky) tuning_.sticky.emplace();
    config::CookieSpec& cookie = *tuning_.sticky;
    std::optional<bool> flag;
    if (key == ".name") {
      cookie.name = value;
    } else if (key == ".secure") {
      read_flag(annotation, value, flag);
      cookie.secure = flag.value_or(cookie.secure);
    } else if (key == ".httponly") {
      read_flag(annotation, value, flag);
      cookie.http_only = flag.value_or(cookie.http_only);
    } else if (key == ".samesite") {
      cookie.same_site = lower(value);
    } else if (key == ".path") {
      cookie.path = value;
    } else if (key == ".domain") {
      cookie.domain = value;
    } else if (key == ".maxage") {
      auto seconds = config::parse_integer(value);
      if (!seconds) return bad(annotation, "expects seconds", value);
      cookie.max_age = *seconds;
    } else {
      findings_.push_back({Severity::warning, "UnknownAnnotation", annotation,
                           "is no annotation of a Service that is known"});
    }
  }

  void bad(const std::string& annotation, const char* expected, const std::string& value) {
    findings_.push_back({Severity::error, "InvalidAnnotation", annotation,
                         std::string(expected) + ", got \"" + value + "\""});
  }

  BackendTuning& tuning_;
  Findings& findings_;
};

}  // namespace

void read_service_annotations(const Annotations& annotations, BackendTuning& tuning,
                              Findings& findings) {
  ServiceAnnotations reader(tuning, findings);
  for (const auto& [name, value] : annotations) {
    if (name.starts_with(kPrefix)) reader.read(name, value);
  }
}

}  // namespace fairlead::providers::kubernetes
