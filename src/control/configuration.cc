#include "control/configuration.h"

#include <ctime>

#include "middleware/middleware_type.h"

namespace fairlead::control {
namespace {

std::chrono::microseconds thread_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::microseconds(now.tv_sec * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

Configuration::Configuration(config::MergeSettings merge, config::ValidateSettings validate,
                             CompilerSettings compile)
    : merge_(std::move(merge)), validate_(std::move(validate)), compiler_(std::move(compile)) {
  merge_.canonical_type = [](std::string_view type) {
    const middleware::MiddlewareType* known = middleware::find_middleware(type);
    return std::string(known != nullptr ? known->name : type);
  };
  validate_.check_rule = [this](std::string_view rule, std::string_view syntax) {
    return compiler_.check_rule(rule, syntax);
  };
  validate_.check_middleware = [this](const std::string& name, const config::MiddlewareSpec& spec,
                                      std::vector<std::string>& warnings) {
    return compiler_.check_middleware(name, spec, warnings);
  };
}

Outcome Configuration::build(const std::vector<const config::Fragment*>& fragments) {
  auto begin = thread_cpu_time();
  Outcome outcome;
  outcome.config = config::merge(fragments, merge_);
  outcome.config.version = ++version_;
  outcome.validation = config::validate(outcome.config, validate_);
  outcome.snapshot = compiler_.compile(outcome.config, outcome.config.diagnostics);
  outcome.cpu_time = thread_cpu_time() - begin;
  return outcome;
}

}  // namespace fairlead::control
