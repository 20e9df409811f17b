#include "config/static_checks.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include <arpa/inet.h>

namespace fairlead::config {
namespace {

using Path = std::initializer_list<std::string_view>;

class Checker {
 public:
  Checker(StaticConfig& config, const Node& document, Diagnostics& diagnostics)
      : config_(config), document_(document), diagnostics_(diagnostics) {}

  void run() {
    add_implicit_entry_points();
    take_addresses_apart();
    refuse_shared_addresses();
    for (const auto& [name, entry_point] : config_.entry_points)
      check_entry_point(name, entry_point);
    check_references();
    check_providers();
    check_access_log();
    check_buckets();
    warn_about_unserved();
  }

 private:
  bool needs_internal_entry_point() const {
    auto names_it = [](const auto& section) {
      return section && !section->has_manual_routing && section->entry_point == kInternalEntryPoint;
    };
    bool is_for_api = config_.api && config_.api->is_insecure;
    return is_for_api || names_it(config_.ping) || names_it(config_.metrics.prometheus);
  }

  void add_implicit_entry_points() {
    auto add = [&](std::string_view name, std::string address) {
      config_.entry_points[std::string(name)].address = std::move(address);
    };
    if (config_.entry_points.empty()) add("http", ":80");
    bool is_declared = config_.entry_points.contains(std::string(kInternalEntryPoint));
    if (!is_declared && needs_internal_entry_point()) add(kInternalEntryPoint, ":8080");
  }

  void take_addresses_apart() {
    for (auto& [name, entry_point] : config_.entry_points) {
      Path path{"entryPoints", name, "address"};
      if (name.empty() || name.find('.') != std::string::npos) {
        fault({"entryPoints", name}, "the name of an entry point holds no dot and is not empty");
      }
      if (entry_point.address.empty()) {
        fault(path, "is missing; write [host]:port, such as \":80\"");
      } else if (auto listen = parse_listen_addresses(entry_point.address)) {
        entry_point.listen = listen->front();
        entry_point.further.assign(listen->begin() + 1, listen->end());
      } else {
        fault(path, listen.error());
      }
      check_socket_mode(name, entry_point.socket_mode);
    }
  }

  void check_socket_mode(const std::string& name, const std::string& mode) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), value, 8);
    bool is_octal = error == std::errc{} && end == mode.data() + mode.size() && !mode.empty();
    if (is_octal && value <= 0777) return;
    fault({"entryPoints", name, "socketMode"},
          "expects octal permissions such as \"0660\", got \"" + mode + "\"");
  }

  void refuse_shared_addresses() {
    std::map<std::string, std::string> owners;
    for (const auto& [name, entry_point] : config_.entry_points) {
      refuse_shared_address(owners, name, entry_point, entry_point.listen);
      for (const ListenAddress& one : entry_point.further) {
        refuse_shared_address(owners, name, entry_point, one);
      }
    }
  }

  void refuse_shared_address(std::map<std::string, std::string>& owners, const std::string& name,
                             const EntryPoint& entry_point, const ListenAddress& listen) {
    bool is_shareable = entry_point.reuses_port && listen.path.empty();
    if (is_shareable || (listen.port == 0 && listen.path.empty())) return;
    auto [owner, is_new] = owners.try_emplace(listen.text(), name);
    if (is_new) return;
    fault({"entryPoints", name, "address"},
          (entry_point.further.empty() ? "is the address"
                                       : "holds " + listen.text() + ", an address") +
              " of entry point \"" + owner->second +
              "\" already; change one, or set reusePort on both");
  }

  void check_entry_point(const std::string& name, const EntryPoint& entry_point) {
    if (entry_point.http3) {
      doubt({"entryPoints", name, "http3"}, "HTTP/3 is not served yet; HTTP/1 and HTTP/2 are");
    }
    if (entry_point.forwarded_headers.is_insecure &&
        !entry_point.forwarded_headers.trusted_ips.empty()) {
      doubt({"entryPoints", name, "forwardedHeaders", "trustedIPs"},
            "has no effect while insecure is true");
    }
    if (entry_point.forwarded_headers.connection.size() > 32) {
      fault({"entryPoints", name, "forwardedHeaders", "connection"}, "holds more than 32 names");
    }
    if (const auto& redirect = entry_point.http.redirections.entry_point) {
      check_redirect(name, *redirect);
    }
  }

  void check_redirect(const std::string& name, const EntryPointRedirect& redirect) {
    Path path{"entryPoints", name, "http", "redirections", "entryPoint", "to"};
    if (redirect.to.empty()) {
      fault(path, "is missing; name an entry point or write \":port\"");
    } else if (redirect.to.starts_with(':')) {
      auto target = parse_listen_address(redirect.to);
      if (!target) fault(path, target.error());
    } else if (redirect.to == name) {
      fault(path, "redirects to itself");
    } else {
      check_entry_point_name(path, redirect.to);
    }
  }

  void check_entry_point_name(Path path, const std::string& name) {
    if (config_.entry_points.contains(name)) return;
    std::vector<std::string_view> names;
    for (const auto& [known, entry_point] : config_.entry_points) names.push_back(known);
    std::string_view near = nearest(name, names);
    std::string advice = near.empty() ? "declare it under entryPoints"
                                      : "did you mean \"" + std::string(near) + "\"?";
    fault(path, "there is no entry point \"" + name + "\"; " + advice);
  }

  void check_references() {
    if (config_.ping && !config_.ping->has_manual_routing) {
      check_entry_point_name({"ping", "entryPoint"}, config_.ping->entry_point);
    }
    const auto& prometheus = config_.metrics.prometheus;
    if (prometheus && !prometheus->has_manual_routing) {
      check_entry_point_name({"metrics", "prometheus", "entryPoint"}, prometheus->entry_point);
    }
    if (config_.api && !config_.api->base_path.starts_with('/')) {
      fault({"api", "basePath"}, "must begin with \"/\"");
    }
  }

  void check_providers() {
    if (const auto& file = config_.providers.file) {
      bool has_both = !file->filename.empty() && !file->directory.empty();
      bool has_none = file->filename.empty() && file->directory.empty();
      if (has_both) fault({"providers", "file"}, "set filename or directory, not both");
      if (has_none) fault({"providers", "file"}, "set filename or directory");
    }
    if (const auto& docker = config_.providers.docker) {
      constexpr std::string_view kSchemes[] = {"unix://", "tcp://", "http://", "https://"};
      bool is_known = std::ranges::any_of(
          kSchemes, [&](std::string_view scheme) { return docker->endpoint.starts_with(scheme); });
      if (!is_known) {
        fault({"providers", "docker", "endpoint"},
              "expects unix:///path, tcp://host:port, http:// or https://, got \"" +
                  docker->endpoint + "\"");
      }
    }
  }

  void check_access_log() {
    if (!config_.access_log) return;
    for (const std::string& range : config_.access_log->filters.status_codes) {
      size_t dash = std::min(range.find('-'), range.size());
      auto first = parse_integer(std::string_view(range).substr(0, dash));
      auto last =
          dash == range.size() ? first : parse_integer(std::string_view(range).substr(dash + 1));
      if (!first || !last || *first < 100 || *last > 999 || *first > *last) {
        fault({"accessLog", "filters", "statusCodes"},
              "\"" + range + "\" is neither a status such as 404 nor a range such as 500-599");
      }
    }
  }

  void check_buckets() {
    if (!config_.metrics.prometheus) return;
    const std::vector<double>& buckets = config_.metrics.prometheus->buckets;
    bool is_rising = std::ranges::adjacent_find(buckets, std::greater_equal{}) == buckets.end();
    if (!is_rising) fault({"metrics", "prometheus", "buckets"}, "must rise from one to the next");
  }

  void warn_about_unserved() {
    if (config_.certificates_resolvers) {
      doubt({"certificatesResolvers"}, "certificates by ACME are not served yet");
    }
    if (config_.spiffe) doubt({"spiffe"}, "SPIFFE identities are not served yet");
    if (config_.log.otlp) doubt({"log", "otlp"}, "logs are not exported yet");
    if (config_.access_log && config_.access_log->otlp) {
      doubt({"accessLog", "otlp"}, "access logs are not exported yet");
    }
  }

  void fault(Path path, std::string message) { report(Severity::error, path, std::move(message)); }
  void doubt(Path path, std::string message) {
    report(Severity::warning, path, std::move(message));
  }

  // The source of the deepest node there is along the path.
  void report(Severity severity, Path path, std::string message) {
    const Node* node = &document_;
    std::string origin, field;
    for (std::string_view key : path) {
      field += (field.empty() ? "" : ".") + std::string(key);
      node = node ? node->find(key) : nullptr;
      if (node && !node->origin.empty()) origin = node->origin;
    }
    diagnostics_.push_back({severity, origin, "", field, std::move(message)});
  }

  StaticConfig& config_;
  const Node& document_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_ip_or_network(std::string_view text) {
  size_t slash = std::min(text.find('/'), text.size());
  std::string host(text.substr(0, slash));
  unsigned char bytes[16];
  bool is_v4 = inet_pton(AF_INET, host.c_str(), bytes) == 1;
  if (!is_v4 && inet_pton(AF_INET6, host.c_str(), bytes) != 1) return false;
  if (slash == text.size()) return true;
  int bits = 0;
  auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number && bits >= 0 && bits <= (is_v4 ? 32 : 128);
}

void complete_and_check(StaticConfig& config, const Node& document, Diagnostics& diagnostics) {
  Checker(config, document, diagnostics).run();
}

}  // namespace fairlead::config
