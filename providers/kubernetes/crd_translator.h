// From custom resources of traefik.io to a fragment: keeps what each object came to, and on a
// change translates again only those that it touches. Pure; owned by the provider, control thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "providers/kubernetes/custom_part.h"
#include "providers/kubernetes/translator.h"

namespace fairlead::providers::kubernetes {

class CrdTranslator final : public Translator {
 public:
  explicit CrdTranslator(config::KubernetesCrdConfig config);

  std::string_view provider() const override { return "kubernetescrd"; }
  void update(const ObjectStore& store, const Changes& changes) override;
  const config::Fragment& fragment() const override { return fragment_; }
  const std::map<Subject, Findings>& verdicts() const override { return verdicts_; }
  std::set<std::string> wanted_secrets() const override { return keys_of(users_of_secret_); }
  std::set<std::string> wanted_config_maps() const override {
    return keys_of(users_of_config_map_);
  }

 private:
  using Subjects = std::set<Subject>;
  using Users = std::map<std::string, Subjects>;

  static std::set<std::string> keys_of(const Users& users);
  Subjects dirty(const Changes& changes) const;
  void translate_again(const ObjectStore& store, const Subject& subject);
  void place(const Subject& subject, CustomPart part);
  void take_away(const Subject& subject, const CustomPart& part);
  void note_uses(const Subject& subject, const CustomPart& part, bool is_added);
  void gather();
  template <class Visit>
  void each_section(config::Objects& from, Visit visit);

  config::KubernetesCrdConfig config_;
  config::Fragment fragment_;
  NameTable names_;
  BackendRegistry backends_;
  std::map<Subject, CustomPart> parts_;
  std::map<Subject, Findings> verdicts_;
  Users users_of_secret_, users_of_config_map_, users_of_service_;
  Subjects children_;                      // that name routers of others
  std::map<std::string, Subject> owners_;  // "section/name" → who defines it
};

}  // namespace fairlead::providers::kubernetes
