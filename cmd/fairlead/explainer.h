// Works out why a request goes where it goes, from the configuration in force: by asking every rule
// of the entry point, and so independently of the indexes that the workers use. Compiled rules are
// kept from one question to the next. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "admin/explanation.h"
#include "config/static_config.h"
#include "routing/router.h"

namespace fairlead {

class Explainer {
 public:
  explicit Explainer(const config::StaticConfig& config);

  admin::Explanation explain(const admin::View& view, const admin::State& state,
                             const admin::ExplainRequest& request);

 private:
  using RulePtr = std::shared_ptr<const routing::CompiledRule>;
  struct Asked;

  RulePtr rule_of(const config::RouterSpec& router);
  std::vector<std::string> entry_points_for(const admin::View& view,
                                            const admin::ExplainRequest& request,
                                            uint16_t port) const;
  void ask_entry_point(const admin::View& view, const std::string& entry_point, Asked& asked,
                       admin::Explanation& out);
  void add_hints(const admin::View& view, Asked& asked, admin::Explanation& out);

  const std::vector<std::string> precedence_;
  const std::string default_syntax_;
  const std::map<std::string, config::EntryPoint> entry_points_;
  std::mutex mutex_;  // of rules_
  std::map<std::pair<std::string, std::string>, RulePtr> rules_;
};

}  // namespace fairlead
