// From the store to a fragment: keeps what each Ingress came to, and on a change translates again
// only those that it touches; an endpoint touches one service and no Ingress. Pure; owned by the
// provider, control thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "config/dynamic.h"
#include "providers/kubernetes/ingress_dialect.h"
#include "providers/kubernetes/name_table.h"
#include "providers/kubernetes/translator.h"

namespace fairlead::providers::kubernetes {

class IngressTranslator final : public Translator, private Topics {
 public:
  explicit IngressTranslator(std::unique_ptr<IngressDialect> dialect);

  std::string_view provider() const override { return dialect_->provider(); }
  void update(const ObjectStore& store, const Changes& changes) override;
  const config::Fragment& fragment() const override { return fragment_; }

  const std::map<Subject, Findings>& verdicts() const override { return verdicts_; }
  std::vector<std::string> status_objects() const override;
  std::set<std::string> wanted_secrets() const override;
  std::set<std::string> wanted_config_maps() const override;

 private:
  struct Placed {  // a part with the names it got
    IngressPart part;
    std::vector<std::string> routers, middlewares, services, transports, tls_options, tcp_routers,
        tcp_services;
    std::vector<BackendKey> backends;
  };
  using Keys = std::set<std::string>;

  const TopicMembers& members(const std::string& topic) const override;
  void collect_dirty(const Changes& changes, Keys& dirty);
  void move_topics(const std::string& key, Keys& dirty);
  void add_users(const std::map<std::string, Keys>& users, const std::string& of, Keys& dirty);
  void translate_again(const std::string& key);
  void place(const std::string& key, IngressPart part);
  void take_away(Placed& placed);
  void note_uses(const std::string& key, const IngressPart& part, bool is_added);
  void gather_certificates();
  void gather_diagnostics();
  Findings findings(const Placed& placed) const;

  std::unique_ptr<IngressDialect> dialect_;
  const ObjectStore* store_ = nullptr;  // during an update
  config::Fragment fragment_;
  std::map<Subject, Findings> verdicts_;
  NameTable router_names_, middleware_names_, service_names_, other_names_, tcp_router_names_;
  BackendRegistry backends_;
  std::map<std::string, Placed> parts_;  // by Ingress
  std::map<std::string, TopicMembers> topics_;
  std::map<std::string, std::pair<TopicMember, Keys>> topics_of_;  // by Ingress
  std::map<std::string, Keys> users_of_secret_, users_of_config_map_, users_of_service_;
};

}  // namespace fairlead::providers::kubernetes
