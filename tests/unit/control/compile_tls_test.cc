#include "control/compile_tls.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"
#include "tests/support/tls_client.h"

using namespace fairlead;
using namespace fairlead::testing;
using control::TlsCompiler;
using control::TlsEntryPoint;

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::path scratch = path.string() + ".new";
  std::ofstream(scratch) << text;
  std::filesystem::rename(scratch, path);
}

config::Objects objects_of(const std::string& yaml) {
  config::Diagnostics diagnostics;
  config::Objects objects =
      config::decode_dynamic(config::parse_yaml(yaml, "test", diagnostics), "test", diagnostics);
  REQUIRE(diagnostics.empty());
  return objects;
}

struct Routers {
  explicit Routers(std::vector<std::tuple<std::string, std::vector<std::string>, std::string>> rows)
      : rows(std::move(rows)) {}
  std::vector<TlsEntryPoint> entry_points() const {
    TlsEntryPoint one;
    one.is_enabled = true;
    for (const auto& [name, hosts, options] : rows) one.routers.push_back({name, hosts, options});
    return {one};
  }
  std::vector<std::tuple<std::string, std::vector<std::string>, std::string>> rows;
};

std::string text_of(const config::Diagnostics& diagnostics) {
  std::string text;
  for (const config::Diagnostic& one : diagnostics) text += one.text() + '\n';
  return text;
}

const tls::Certificate* served(const tls::ServerPolicy& policy, std::string_view name) {
  const tls::CertificateSet* set = policy.certificates->find(tls::LookupName(name));
  return set != nullptr ? set->by_kind[0].get() : nullptr;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a_broken_certificate_is_named_and_the_others_are_served") {
  TempDir dir;
  PemPair a = make_certificate({.names = {"a.test"}});
  PemPair b = make_certificate({.names = {"b.test"}});
  std::filesystem::path path(dir.path());
  write(path / "a.crt", a.chain);
  write(path / "a.key", a.key);
  write(path / "b.crt", b.chain);
  config::Objects objects;
  objects.certificates = {{path / "a.crt", path / "a.key", {}},
                          {path / "b.crt", path / "a.key", {"other"}},
                          {path / "gone.crt", path / "a.key", {}},
                          {b.chain, b.key, {}}};
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto policy = compiler.compile(objects, {{true, {}}}, diagnostics);
  CHECK(served(*policy, "a.test") != nullptr);
  CHECK(served(*policy, "b.test") != nullptr);
  std::string said = text_of(diagnostics);
  CHECK(has(said, "b.crt does not belong to its key"));
  CHECK(has(said, "gone.crt cannot be read: No such file or directory"));
  CHECK(has(said, "\"other\" is taken as \"default\""));
  CHECK(diagnostics.size() == 3);
}

TEST_CASE("unchanged_certificates_and_options_stay_the_same_objects") {
  PemPair a = make_certificate({.names = {"a.test"}});
  config::Objects objects = objects_of("tls: {options: {strict: {sniStrict: true}}}");
  objects.certificates = {{a.chain, a.key, {}}};
  std::swap(objects.tls_options["strict@file"], objects.tls_options["strict"]);
  Routers routers({{"r@file", {"a.test"}, "strict@file"}});
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto first = compiler.compile(objects, routers.entry_points(), diagnostics);
  auto second = compiler.compile(objects, routers.entry_points(), diagnostics);
  CHECK(first->certificates == second->certificates);
  CHECK(first->entry_points[0].by_host == second->entry_points[0].by_host);
  CHECK(first->entry_points[0].default_context == second->entry_points[0].default_context);
  CHECK(diagnostics.empty());
}

TEST_CASE("a_replaced_file_is_noticed_and_half_a_renewal_changes_nothing") {
  TempDir dir;
  std::filesystem::path path(dir.path());
  PemPair old_pair = make_certificate({.names = {"a.test"}, .common_name = "old"});
  PemPair new_pair = make_certificate({.names = {"a.test"}, .common_name = "new"});
  write(path / "a.crt", old_pair.chain);
  write(path / "a.key", old_pair.key);
  config::Objects objects;
  objects.certificates = {{path / "a.crt", path / "a.key", {}}};
  TlsCompiler compiler;
  auto name_after = [&](std::string& said) {
    config::Diagnostics diagnostics;
    auto policy = compiler.compile(objects, {{true, {}}}, diagnostics);
    said = text_of(diagnostics);
    return served(*policy, "a.test") != nullptr ? served(*policy, "a.test")->common_name() : "";
  };
  std::string said;
  CHECK(name_after(said) == "old");
  CHECK(!compiler.has_changed_files());
  write(path / "a.crt", new_pair.chain);
  CHECK(compiler.has_changed_files());
  CHECK(name_after(said) == "old");
  CHECK(has(said, "does not belong to its key"));
  CHECK(has(said, "the one read before stays in service"));
  write(path / "a.key", new_pair.key);
  CHECK(compiler.has_changed_files());
  CHECK(name_after(said) == "new");
  CHECK(said.empty());
}

TEST_CASE("a_store_names_the_default_certificate") {
  PemPair a = make_certificate({.common_name = "mine"});
  config::Objects objects;
  config::Node pair = config::Node::map();
  pair.at("certFile") = config::Node::text(a.chain);
  pair.at("keyFile") = config::Node::text(a.key);
  objects.tls_stores["default"].options = config::Node::map();
  objects.tls_stores["default"].options.at("defaultCertificate") = pair;
  objects.tls_stores["other@file"].options = config::Node::map();
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto policy = compiler.compile(objects, {{true, {}}}, diagnostics);
  CHECK(policy->certificates->fallback().by_kind[0]->common_name() == "mine");
  CHECK(has(text_of(diagnostics), "TLS store other@file: is ignored"));
}

TEST_CASE("hosts_get_their_router_s_options_and_conflicts_the_default") {
  config::Objects objects;
  for (const char* name : {"a@file", "b@file"})
    objects.tls_options[name].options = config::Node::map();
  objects.tls_options["b@file"].options.at("sniStrict") = config::Node::text("true");
  Routers routers({{"one@file", {"one.test", "both.test"}, "a@file"},
                   {"two@file", {"two.test", "both.test"}, "b@file"},
                   {"plain@file", {"plain.test", "half.test"}, ""},
                   {"half@file", {"half.test"}, "b@file"},
                   {"all@file", {}, "b@file"}});
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto policy = compiler.compile(objects, routers.entry_points(), diagnostics);
  const tls::EntryPointPolicy& entry = policy->entry_points[0];
  auto context = [&](std::string_view host) { return entry.context_for(tls::LookupName(host)); };
  CHECK(context("one.test") != entry.default_context);
  CHECK(context("two.test")->is_sni_strict());
  CHECK(context("both.test") == entry.default_context);
  CHECK(context("half.test") == entry.default_context);
  CHECK(context("plain.test") == entry.default_context);
  std::string said = text_of(diagnostics);
  CHECK(
      has(said, "router two@file: tls.options: host both.test is served with the default options"));
  CHECK(has(said, "router plain@file: tls.options: host half.test") !=
        has(said, "router half@file: tls.options: host half.test"));
  CHECK(has(said, "router all@file: tls.options: has no effect"));
  CHECK(diagnostics.size() == 3);
}

TEST_CASE("options_that_cannot_be_made_refuse_their_hosts_only") {
  config::Objects objects;
  objects.tls_options["bad@file"].options = config::Node::map();
  objects.tls_options["bad@file"].options.at("minVersion") = config::Node::text("TLS9");
  Routers routers({{"bad@file", {"bad.test"}, "bad@file"}, {"good@file", {"good.test"}, ""}});
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto policy = compiler.compile(objects, routers.entry_points(), diagnostics);
  CHECK(policy->choose(0, "bad.test").certificates == nullptr);
  CHECK(policy->choose(0, "good.test").certificates != nullptr);
  CHECK(has(text_of(diagnostics), "TLS options bad@file: minVersion: \"TLS9\" is no TLS version"));
}

TEST_CASE("a_connection_carries_only_hosts_with_the_options_it_was_made_with") {
  config::Objects objects;
  PemPair authority = make_certificate({.common_name = "authority"});
  config::Node auth = config::Node::map();
  auth.at("caFiles") = config::Node::text(authority.chain);
  objects.tls_options["mtls@file"].options = config::Node::map();
  objects.tls_options["mtls@file"].options.at("clientAuth") = auth;
  Routers before(
      {{"open@file", {"a.test", "open.test"}, ""}, {"closed@file", {"closed.test"}, "mtls@file"}});
  TlsCompiler compiler;
  config::Diagnostics diagnostics;
  auto policy = compiler.compile(objects, before.entry_points(), diagnostics);
  tls::Session session;
  session.server_name = "a.test";
  session.context = policy->choose(0, "a.test").context;
  CHECK(policy->may_carry(0, session, "a.test"));
  CHECK(policy->may_carry(0, session, "Open.test."));
  CHECK(!policy->may_carry(0, session, "closed.test"));
  // A reload that asks for certificates is met by open connections too.
  Routers after({{"open@file", {"a.test"}, "mtls@file"}});
  policy = compiler.compile(objects, after.entry_points(), diagnostics);
  CHECK(!policy->may_carry(0, session, "a.test"));
}
