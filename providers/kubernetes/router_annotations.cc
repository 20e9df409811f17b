#include "providers/kubernetes/router_annotations.h"

#include <algorithm>
#include <charconv>

#include "config/reader.h"
#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Severity;

constexpr std::string_view kPrefix = "traefik.ingress.kubernetes.io/";
constexpr size_t kMostDomains = 1000;

class Reading {
 public:
  Reading(const std::vector<std::string>& namespaces, const std::string& space, Findings& findings)
      : namespaces_(namespaces), space_(space), findings_(findings) {}

  void read(const std::string& annotation, const std::string& value) {
    name_ = annotation;
    std::string key = lower(annotation.substr(kPrefix.size()));
    if (key == "router.entrypoints") {
      out_.entry_points = split_words(value);
    } else if (key == "router.middlewares") {
      read_middlewares(value);
    } else if (key == "router.priority") {
      auto number = config::parse_integer(value);
      if (!number) return bad("expects a whole number", value);
      out_.priority = *number;
    } else if (key == "router.rulesyntax") {
      out_.rule_syntax = value;
    } else if (key == "router.pathmatcher") {
      read_matcher(value);
    } else if (key == "router.tls") {
      read_tls(value);
    } else if (key.starts_with("router.tls.")) {
      read_tls_option(key.substr(std::string_view("router.tls.").size()), value);
    } else if (key.starts_with("router.observability.")) {
      read_observability(key.substr(std::string_view("router.observability.").size()), value);
    } else {
      unknown();
    }
  }

  RouterAnnotations take() {
    if (!says_off_ && has_tls_options_ && !out_.tls) out_.tls.emplace();
    if (out_.tls) {
      out_.tls->options = tls_.options;
      out_.tls->cert_resolver = tls_.cert_resolver;
      for (config::DomainSpec& domain : tls_.domains) {
        if (!domain.main.empty()) out_.tls->domains.push_back(std::move(domain));
      }
    }
    return std::move(out_);
  }

 private:
  void read_middlewares(const std::string& value) {
    for (std::string& name : split_words(value)) {
      if (may_refer(name, "kubernetes", namespaces_, space_)) {
        out_.middlewares.push_back(std::move(name));
      } else {
        findings_.push_back({Severity::error, "ReferenceRefused", name_,
                             "namespace " + space_ + " may not refer to \"" + name +
                                 "\" (providers option crossProviderNamespaces)"});
      }
    }
  }

  void read_matcher(const std::string& value) {
    for (const char* known : {"PathPrefix", "Path", "PathRegexp"}) {
      if (lower(known) != lower(value)) continue;
      out_.path_matcher = known;
      return;
    }
    bad("expects PathPrefix, Path or PathRegexp", value);
  }

  void read_tls(const std::string& value) {
    auto flag = config::parse_bool(value);
    if (!flag) return bad("expects true or false", value);
    out_.says_tls = true;
    says_off_ = !*flag;
    if (*flag) out_.tls.emplace();
  }

  void read_tls_option(const std::string& key, const std::string& value) {
    has_tls_options_ = true;
    if (key == "certresolver") {
      tls_.cert_resolver = value;
    } else if (key == "options") {
      tls_.options = value;
    } else if (key.starts_with("domains.")) {
      read_domain(key.substr(std::string_view("domains.").size()), value);
    } else {
      unknown();
    }
  }

  // "0.main", "0.sans"; also "[0].main".
  void read_domain(std::string key, const std::string& value) {
    std::erase_if(key, [](char c) { return c == '[' || c == ']'; });
    size_t index = 0;
    auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    std::string_view rest(end, key.data() + key.size());
    if (error != std::errc() || index > kMostDomains) return unknown();
    if (tls_.domains.size() <= index) tls_.domains.resize(index + 1);
    if (rest == ".main") {
      tls_.domains[index].main = value;
    } else if (rest == ".sans") {
      tls_.domains[index].sans = split_words(value);
    } else {
      unknown();
    }
  }

  void read_observability(const std::string& key, const std::string& value) {
    config::ObservabilitySpec& into = out_.observability;
    if (key == "traceverbosity") {
      into.trace_verbosity = value;
      return;
    }
    auto flag = config::parse_bool(value);
    if (!flag) return bad("expects true or false", value);
    if (key == "accesslogs") {
      into.access_logs = flag;
    } else if (key == "metrics") {
      into.metrics = flag;
    } else if (key == "tracing") {
      into.tracing = flag;
    } else {
      unknown();
    }
  }

  void bad(const char* expected, const std::string& value) {
    findings_.push_back({Severity::error, "InvalidAnnotation", name_,
                         std::string(expected) + ", got \"" + value + "\""});
  }
  void unknown() {
    findings_.push_back({Severity::warning, "UnknownAnnotation", name_,
                         "is no annotation of an Ingress that is known"});
  }

  const std::vector<std::string>& namespaces_;
  const std::string& space_;
  Findings& findings_;
  std::string name_;
  RouterAnnotations out_;
  config::RouterTlsSpec tls_;
  bool has_tls_options_ = false, says_off_ = false;
};

}  // namespace

bool may_refer(const std::string& name, std::string_view own_provider,
               const std::vector<std::string>& namespaces, const std::string& space) {
  size_t at = name.rfind('@');
  if (at == name.npos || name.substr(at + 1) == own_provider) return true;
  return std::ranges::any_of(
      namespaces, [&](const std::string& allowed) { return allowed == "*" || allowed == space; });
}

RouterAnnotations read_router_annotations(const Annotations& annotations,
                                          const std::vector<std::string>& namespaces,
                                          const std::string& space, Findings& findings) {
  Reading reading(namespaces, space, findings);
  for (const auto& [name, value] : annotations) {
    if (name.starts_with(kPrefix)) reading.read(name, value);
  }
  return reading.take();
}

}  // namespace fairlead::providers::kubernetes
