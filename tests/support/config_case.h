// A configuration written down for a golden file: entry points, and what each provider says.
//
//   entryPoints: {web: {}, websecure: {asDefault: true, middlewares: [a@file], tls: {}}, dns: {udp:
//   true}} precedence: [file] providers: {docker: {http: …}, file: {http: …}}
#pragma once

#include <string>
#include <vector>

#include "config/merge.h"
#include "config/validate.h"

namespace fairlead::testing {

struct ConfigCase {
  std::vector<config::Fragment> fragments;
  config::MergeSettings merging;
  config::ValidateSettings validating;

  config::DynamicConfig merged() const {
    std::vector<const config::Fragment*> pointers;
    for (const config::Fragment& fragment : fragments) pointers.push_back(&fragment);
    return config::merge(pointers, merging);
  }
};

inline config::EntryPointDefaults::EntryPoint read_entry_point(const std::string& name,
                                                               config::Reader& reader) {
  config::EntryPointDefaults::EntryPoint point;
  point.name = name;
  reader.read("udp", point.is_udp);
  reader.read("asDefault", point.is_default);
  reader.read("middlewares", point.middlewares);
  reader.child("tls", [&](config::Reader& tls) {
    point.tls.emplace();
    tls.read("options", point.tls->options);
    tls.read("certResolver", point.tls->cert_resolver);
  });
  reader.child("observability",
               [&](config::Reader& r) { r.read("accessLogs", point.observability.access_logs); });
  return point;
}

inline ConfigCase read_config_case(const std::string& text) {
  ConfigCase out;
  config::Diagnostics diagnostics;
  config::Node document = config::parse_yaml(text, "", diagnostics);
  config::Reader root(&document, "", "", "", diagnostics);
  root.each("entryPoints", [&](const std::string& name, config::Reader& reader) {
    auto point = read_entry_point(name, reader);
    (point.is_udp ? out.validating.udp_entry_points : out.validating.entry_points).insert(name);
    out.merging.entry_points.entry_points.push_back(std::move(point));
  });
  root.read("precedence", out.merging.precedence);
  if (const config::Node* providers = root.raw("providers")) {
    for (const config::Member& member : providers->members) {
      config::Fragment fragment{member.key, {}, {}};
      fragment.objects = config::decode_dynamic(member.value, member.key, fragment.diagnostics);
      out.fragments.push_back(std::move(fragment));
    }
  }
  root.finish();
  if (!diagnostics.empty()) out.fragments.push_back({"case", {}, diagnostics});
  return out;
}

inline std::string text_of(const config::DynamicConfig& config) {
  std::string out = config::to_yaml(config::encode_dynamic(config.objects));
  for (const config::Diagnostic& diagnostic : config.diagnostics) out += diagnostic.text() + "\n";
  return out;
}

}  // namespace fairlead::testing
