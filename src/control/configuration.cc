#include "control/configuration.h"

#include <ctime>

#include "control/auth_origins.h"
#include "control/compile_services.h"
#include "middleware/middleware_type.h"

namespace fairlead::control {
namespace {

std::chrono::microseconds thread_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::microseconds(now.tv_sec * 1'000'000 + now.tv_nsec / 1000);
}

config::MergeSettings with_types(config::MergeSettings settings) {
  settings.canonical_type = [](std::string_view type) {
    const middleware::MiddlewareType* known = middleware::find_middleware(type);
    return std::string(known != nullptr ? known->name : type);
  };
  return settings;
}

config::ValidateSettings with_checks(config::ValidateSettings settings, Compiler& compiler) {
  settings.check_rule = [&compiler](std::string_view rule, std::string_view syntax) {
    return compiler.check_rule(rule, syntax);
  };
  settings.check_tcp_rule = [&compiler](std::string_view rule, std::string_view syntax,
                                        bool has_tls) {
    return compiler.tcp().check_rule(rule, syntax, has_tls);
  };
  settings.check_tcp_middleware = [&compiler](const std::string& name,
                                              const config::OpaqueSpec& spec,
                                              std::vector<std::string>& warnings) {
    return compiler.tcp().check_middleware(name, spec, warnings);
  };
  settings.check_middleware = [&compiler](const std::string& name,
                                          const config::MiddlewareSpec& spec,
                                          std::vector<std::string>& warnings) {
    return compiler.check_middleware(name, spec, warnings);
  };
  settings.check_strategy = check_strategy;
  return settings;
}

}  // namespace

Configuration::Configuration(config::MergeSettings merge, config::ValidateSettings validate,
                             CompilerSettings compile)
    : compiler_(std::move(compile)),
      merger_(with_types(std::move(merge))),
      validator_(with_checks(std::move(validate), compiler_)) {}

Outcome Configuration::build(const std::vector<const config::Fragment*>& fragments) {
  auto begin = thread_cpu_time();
  Outcome outcome;
  config::Fragment origins = auth_origins(fragments);
  std::vector<const config::Fragment*> all = fragments;
  if (!origins.objects.services.empty()) all.push_back(&origins);
  outcome.config = merger_.merge(all);
  outcome.config.version = ++version_;
  outcome.validation = validator_.validate(outcome.config);
  outcome.snapshot = compiler_.compile(outcome.config, outcome.config.diagnostics,
                                       &outcome.validation.rejected.routers);
  outcome.cpu_time = thread_cpu_time() - begin;
  return outcome;
}

}  // namespace fairlead::control
