#include "cmd/fairlead/dynamic_check.h"

#include <algorithm>
#include <cstring>

#include "cmd/fairlead/compose_file.h"
#include "cmd/fairlead/settings.h"
#include "config/static_options.h"
#include "control/compiler.h"
#include "control/internal_fragment.h"

namespace fairlead::command {
namespace {

using config::Diagnostics;
using config::Fragment;
using config::Node;
using config::Severity;

bool is_dynamic(const Node& document) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"http", "tcp", "udp", "tls"},
                             [&](std::string_view key) { return document.find(key) != nullptr; });
}

bool is_static(const Node& document) {
  return !is_dynamic(document) &&
         std::ranges::any_of(document.members, [](const config::Member& member) {
           return config::static_options().child(member.key) != nullptr;
         });
}

// Moves `from` into `to`; what is there already stays and is reported.
template <class T>
void join(std::map<std::string, T>& to, std::map<std::string, T>&& from, const std::string& path,
          std::string_view kind, Diagnostics& out) {
  to.merge(from);
  for (const auto& [name, value] : from) {
    out.push_back({Severity::error, "file:" + path, std::string(kind) + " " + name, "",
                   "is defined in another file already; rename one"});
  }
}

void join(config::Objects& to, config::Objects&& from, const std::string& path, Diagnostics& out) {
  join(to.routers, std::move(from.routers), path, "router", out);
  join(to.services, std::move(from.services), path, "service", out);
  join(to.middlewares, std::move(from.middlewares), path, "middleware", out);
  join(to.servers_transports, std::move(from.servers_transports), path, "serversTransport", out);
  join(to.tcp_routers, std::move(from.tcp_routers), path, "TCP router", out);
  join(to.tcp_services, std::move(from.tcp_services), path, "TCP service", out);
  join(to.tcp_middlewares, std::move(from.tcp_middlewares), path, "TCP middleware", out);
  join(to.tcp_servers_transports, std::move(from.tcp_servers_transports), path,
       "TCP serversTransport", out);
  join(to.udp_routers, std::move(from.udp_routers), path, "UDP router", out);
  join(to.udp_services, std::move(from.udp_services), path, "UDP service", out);
  join(to.tls_options, std::move(from.tls_options), path, "TLS options", out);
  join(to.tls_stores, std::move(from.tls_stores), path, "TLS store", out);
  std::ranges::move(from.certificates, std::back_inserter(to.certificates));
}

void declare_entry_points(const std::vector<Fragment>& fragments, config::StaticConfig& config) {
  for (const Fragment& fragment : fragments) {
    for (const auto& [name, router] : fragment.objects.routers) {
      for (const std::string& used : router.entry_points) config.entry_points[used];
    }
    for (const auto* routers : {&fragment.objects.tcp_routers, &fragment.objects.udp_routers}) {
      for (const auto& [name, router] : *routers) {
        const Node* used = router.options.find("entryPoints");
        bool is_udp = routers == &fragment.objects.udp_routers;
        if (!used) continue;
        for (const Node& item : used->items)
          config.entry_points[item.scalar].listen.is_udp = is_udp;
      }
    }
  }
}

// Sorts files by what they are and collects what they say.
class Collector {
 public:
  Collector(const config::StaticConfig& config, const Surroundings& around)
      : config_(config), around_(around) {
    file_.provider = "file";
  }

  void add(const std::string& path) {
    auto text = around_.read_file(path);
    if (!text) {
      out_.push_back({Severity::error, "file " + path, "", "",
                      "cannot be read: " + std::string(std::strerror(text.error()))});
      return;
    }
    size_t before = out_.size();
    Node document = config::parse_file_text(path, *text, out_);
    if (out_.size() > before) return;
    if (is_compose_file(document)) {
      fragments_.push_back(compose_fragment(document, path, config_, around_));
    } else if (is_static(document)) {
      config::decode_static(document, out_);
    } else {
      join(file_.objects, config::decode_dynamic(document, "file:" + path, out_), path, out_);
    }
  }

  Diagnostics judge(EntryPointNames names) {
    fragments_.push_back(std::move(file_));
    config::StaticConfig config = config_;
    if (names == EntryPointNames::any) declare_entry_points(fragments_, config);
    Diagnostics found = check_fragments(std::move(fragments_), config);
    std::ranges::move(found, std::back_inserter(out_));
    return std::move(out_);
  }

 private:
  const config::StaticConfig& config_;
  const Surroundings& around_;
  Fragment file_;
  std::vector<Fragment> fragments_;
  Diagnostics out_;
};

}  // namespace

Diagnostics check_files(const std::vector<std::string>& paths, const config::StaticConfig& config,
                        const Surroundings& surroundings, EntryPointNames names) {
  Collector collector(config, surroundings);
  for (const std::string& path : paths) collector.add(path);
  return collector.judge(names);
}

Diagnostics check_fragments(std::vector<Fragment> fragments, const config::StaticConfig& config) {
  fragments.push_back(control::internal_fragment(config));
  std::ranges::move(stand_ins(fragments), std::back_inserter(fragments));
  std::vector<const Fragment*> all;
  for (const Fragment& fragment : fragments) all.push_back(&fragment);
  config::DynamicConfig merged = config::merge(all, merge_settings(config));
  control::CompilerSettings compile;
  compile.default_rule_syntax = config.core.default_rule_syntax;
  control::Compiler compiler(std::move(compile));
  config::ValidateSettings settings = validate_settings(config);
  settings.check_rule = [&](std::string_view rule, std::string_view syntax) {
    return compiler.check_rule(rule, syntax);
  };
  settings.check_middleware = [&](const std::string& name, const config::MiddlewareSpec& spec,
                                  std::vector<std::string>& warnings) {
    return compiler.check_middleware(name, spec, warnings);
  };
  config::validate(merged, settings);
  return std::move(merged.diagnostics);
}

}  // namespace fairlead::command
