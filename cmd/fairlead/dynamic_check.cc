#include "cmd/fairlead/dynamic_check.h"

#include <algorithm>
#include <cstring>

#include "cmd/fairlead/compose_file.h"
#include "cmd/fairlead/settings.h"
#include "config/static_options.h"
#include "control/compile_services.h"
#include "control/compiler.h"
#include "control/internal_fragment.h"
#include "providers/file/combine.h"
#include "providers/file/template.h"

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
      : config_(config), around_(around) {}

  void add(const std::string& path) {
    auto text = around_.read_file(path);
    if (!text) {
      out_.push_back({Severity::error, "file " + path, "", "",
                      "cannot be read: " + std::string(std::strerror(text.error()))});
      return;
    }
    Diagnostics faults;  // of a template: it need not be well-formed before it is rendered
    Node document = config::parse_file_text(path, *text, faults);
    if (faults.empty() && is_compose_file(document)) {
      fragments_.push_back(compose_fragment(document, path, config_, around_));
    } else if (faults.empty() && is_static(document)) {
      config::decode_static(document, out_);
    } else {
      add_dynamic(path, *text);
    }
  }

  Diagnostics judge(EntryPointNames names) {
    fragments_.push_back(files_.take());
    config::StaticConfig config = config_;
    if (names == EntryPointNames::any) declare_entry_points(fragments_, config);
    Diagnostics found = check_fragments(std::move(fragments_), config);
    std::ranges::move(found, std::back_inserter(out_));
    return std::move(out_);
  }

 private:
  void add_dynamic(const std::string& path, const std::string& text) {
    Diagnostics found;
    auto environment = [&](const std::string& name) -> std::optional<std::string> {
      std::string value = around_.variable(name);
      return value.empty() ? std::nullopt : std::optional(value);
    };
    auto rendered = providers::file::render_template(text, "file:" + path, environment, found);
    config::Objects objects;
    if (rendered) {
      Node document = config::parse_file_text(path, *rendered, found);
      objects = config::decode_dynamic(document, "file:" + path, found);
    }
    files_.add(path, objects, found);
  }

  const config::StaticConfig& config_;
  const Surroundings& around_;
  providers::file::Combination files_{{}};
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
  settings.check_tcp_rule = [&](std::string_view rule, std::string_view syntax, bool has_tls) {
    return compiler.tcp().check_rule(rule, syntax, has_tls);
  };
  settings.check_tcp_middleware = [&](const std::string& name, const config::OpaqueSpec& spec,
                                      std::vector<std::string>& warnings) {
    return compiler.tcp().check_middleware(name, spec, warnings);
  };
  settings.check_strategy = control::check_strategy;
  config::validate(merged, settings);
  return std::move(merged.diagnostics);
}

}  // namespace fairlead::command
