#include "control/compile_tls.h"

#include <algorithm>
#include <chrono>

#include "config/reader.h"
#include "config/references.h"
#include "tls/digest.h"

namespace fairlead::control {
namespace {

constexpr std::string_view kDefault = "default";

std::string source_of(const std::string& name) {
  std::string provider(config::provider_of(name));
  return provider.empty() ? "tls" : provider;
}

void report(config::Diagnostics& diagnostics, config::Severity severity, const std::string& name,
            std::string object, std::string field, std::string message) {
  diagnostics.push_back(
      {severity, source_of(name), std::move(object), std::move(field), std::move(message)});
}

void warn_of_dates(const tls::Certificate& certificate, const std::string& object,
                   config::Diagnostics& diagnostics) {
  auto now = std::chrono::system_clock::now();
  if (certificate.not_after() <= now) {
    report(diagnostics, config::Severity::warning, "", object, "certFile",
           "has expired: clients will refuse it; renew it and replace the file");
  } else if (certificate.not_before() > now) {
    report(diagnostics, config::Severity::warning, "", object, "certFile",
           "is not valid yet; check the clock");
  }
  if (certificate.names().empty()) {
    report(diagnostics, config::Severity::warning, "", object, "certFile",
           "names no host (neither subject alternative names nor a common name), so no client will "
           "be given it");
  }
}

}  // namespace

void TlsCompiler::load(MadeCertificate& made, const config::CertificateSpec& spec) {
  PemFiles::Source chain = files_.read(spec.cert_file);
  PemFiles::Source key = files_.read(spec.key_file);
  if (!chain.fault.empty() || !key.fault.empty()) {
    made.digest.clear();
    made.fault = !chain.fault.empty() ? shown(spec.cert_file) + ' ' + chain.fault
                                      : shown(spec.key_file) + ' ' + key.fault;
    return;
  }
  std::string digest(tls::view(tls::sha256(chain.text)));
  digest += tls::view(tls::sha256(key.text));
  if (digest == made.digest) return;
  made.digest = std::move(digest);
  auto loaded = tls::Certificate::from_pem(chain.text, key.text);
  if (loaded) made.made = *loaded;
  made.fault = loaded ? "" : shown(spec.cert_file) + ' ' + loaded.error();
}

tls::CertificatePtr TlsCompiler::certificate(const config::CertificateSpec& spec,
                                             const std::string& object,
                                             config::Diagnostics& diagnostics) {
  MadeCertificate& made = certificates_[{spec.cert_file, spec.key_file}];
  made.is_used = true;
  std::string stamps = files_.stamp_of(spec.cert_file) + '|' + files_.stamp_of(spec.key_file);
  if (stamps != made.stamps || made.made == nullptr) load(made, spec);
  made.stamps = std::move(stamps);
  if (!made.fault.empty()) {
    // A renewal writes two files: until both fit, what was served goes on.
    const char* fate = made.made == nullptr
                           ? "; this certificate is left out, the others are served"
                           : "; the one read before stays in service";
    report(diagnostics, config::Severity::error, "", object, "certFile", made.fault + fate);
  }
  if (made.made == nullptr) return nullptr;
  warn_of_dates(*made.made, object, diagnostics);
  return made.made;
}

tls::CertificatePtr TlsCompiler::store_default(const config::OtherObjects& objects,
                                               config::Diagnostics& diagnostics) {
  tls::CertificatePtr chosen;
  for (const auto& [name, spec] : objects.tls_stores) {
    std::string object = "TLS store " + name;
    if (name != kDefault) {
      report(diagnostics, config::Severity::warning, name, object, "",
             "is ignored: there is one store, \"default\"; move its default certificate there");
      continue;
    }
    config::Reader reader(&spec.options, source_of(name), object, "tls.stores." + name,
                          diagnostics);
    reader.child("defaultCertificate", [&](config::Reader& child) {
      config::CertificateSpec pair;
      child.read("certFile", pair.cert_file);
      child.read("keyFile", pair.key_file);
      if (pair.cert_file.empty()) child.error("certFile", "is required: a path or inline PEM");
      if (pair.key_file.empty()) child.error("keyFile", "is required: a path or inline PEM");
      if (!child.has_errors()) chosen = certificate(pair, object, diagnostics);
    });
    if (reader.raw("defaultGeneratedCert") != nullptr) {
      reader.warning("defaultGeneratedCert", "is ignored: no certificate resolver is at work");
    }
    reader.finish();
  }
  return chosen;
}

std::shared_ptr<const tls::SniIndex> TlsCompiler::index(const config::OtherObjects& objects,
                                                        config::Diagnostics& diagnostics) {
  std::vector<tls::CertificatePtr> all;
  for (const config::CertificateSpec& spec : objects.certificates) {
    std::string object = "certificate " + shown(spec.cert_file);
    for (const std::string& store : spec.stores) {
      if (store == kDefault) continue;
      report(diagnostics, config::Severity::warning, "", object, "stores",
             "\"" + store + "\" is taken as \"default\": there is only that store");
    }
    if (tls::CertificatePtr made = certificate(spec, object, diagnostics))
      all.push_back(std::move(made));
  }
  tls::CertificatePtr fallback = store_default(objects, diagnostics);
  bool is_same = index_ != nullptr && all == in_use_ && fallback == fallback_;
  if (is_same) return index_;
  in_use_ = std::move(all);
  fallback_ = std::move(fallback);
  return std::make_shared<tls::SniIndex>(in_use_, fallback_);
}

tls::ServerOptions TlsCompiler::decode(const std::string& name, const config::OpaqueSpec& spec,
                                       config::Diagnostics& diagnostics) {
  tls::ServerOptions options;
  config::Reader reader(&spec.options, source_of(name), "TLS options " + name,
                        "tls.options." + name, diagnostics);
  reader.read("minVersion", options.min_version);
  reader.read("maxVersion", options.max_version);
  reader.read("cipherSuites", options.cipher_suites);
  reader.read("curvePreferences", options.curve_preferences);
  reader.child("clientAuth", [&](config::Reader& child) {
    std::vector<std::string> files;
    child.read("caFiles", files);
    child.read("clientAuthType", options.client_auth_type);
    for (const std::string& file : files) {
      PemFiles::Source source = files_.read(file);
      if (!source.fault.empty()) child.error("caFiles", shown(file) + ' ' + source.fault);
      options.ca_bundles.push_back(std::move(source.text));
    }
  });
  reader.read("sniStrict", options.is_sni_strict);
  reader.read("alpnProtocols", options.alpn_protocols);
  reader.read("disableSessionTickets", options.disables_session_tickets);
  reader.ignore("preferServerCipherSuites");
  reader.finish();
  return options;
}

tls::ServerContextPtr TlsCompiler::context(const std::string& name, const config::OpaqueSpec& spec,
                                           config::Diagnostics& diagnostics) {
  size_t errors_before = static_cast<size_t>(
      std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity));
  tls::ServerOptions options = decode(name, spec, diagnostics);
  auto errors_after = static_cast<size_t>(
      std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity));
  MadeOptions& made = options_[name];
  made.is_used = true;
  bool is_new = made.made == nullptr || made.options != options;
  if (is_new) {
    made.warnings.clear();
    auto fresh = tls::ServerContext::make(options, made.warnings);
    made.made = fresh ? *fresh : nullptr;
    made.fault = fresh ? "" : fresh.error();
    made.options = std::move(options);
  }
  std::string object = "TLS options " + name;
  for (const std::string& warning : made.warnings) {
    report(diagnostics, config::Severity::warning, name, object, "", warning);
  }
  if (!made.fault.empty()) {
    report(diagnostics, config::Severity::error, name, object, "",
           made.fault + "; handshakes for hosts with these options are refused until it is mended");
  }
  return errors_after == errors_before ? made.made : nullptr;
}

tls::ServerContextPtr TlsCompiler::context_named(const std::string& name) const {
  auto at = contexts_.find(name.empty() ? std::string(kDefault) : name);
  return at != contexts_.end() ? at->second : nullptr;
}

// A host has one set of options on an entry point, whichever routers it has there.
void TlsCompiler::assign_hosts(const TlsEntryPoint& from, tls::EntryPointPolicy& to,
                               config::Diagnostics& diagnostics) {
  auto is_special = [](const TlsRouter& router) {
    return !router.options.empty() && router.options != kDefault;
  };
  if (std::ranges::none_of(from.routers, is_special)) return;
  std::map<std::string_view, const TlsRouter*> first;
  std::map<std::string_view, bool> conflicts;
  for (const TlsRouter& router : from.routers) {
    if (router.hosts.empty() && is_special(router)) {
      report(diagnostics, config::Severity::warning, router.name, "router " + router.name,
             "tls.options",
             "has no effect: the rule names no Host, so its clients are served with the default "
             "options");
    }
    for (const std::string& host : router.hosts) {
      const TlsRouter*& other = first.try_emplace(host, &router).first->second;
      bool is_same =
          other->options == router.options || (!is_special(*other) && !is_special(router));
      if (is_same || conflicts[host]) continue;
      conflicts[host] = true;
      report(diagnostics, config::Severity::warning, router.name, "router " + router.name,
             "tls.options",
             "host " + host + " is served with the default options: this router and " +
                 other->name +
                 " ask for different ones on the same entry point; give both the same");
    }
  }
  for (const auto& [host, router] : first) {
    bool is_default = !is_special(*router) || (conflicts.contains(host) && conflicts[host]);
    if (is_default) continue;
    auto at = contexts_.find(router->options);
    to.by_host.emplace(host, at != contexts_.end() ? at->second : nullptr);
  }
}

std::shared_ptr<const tls::ServerPolicy> TlsCompiler::compile(
    const config::OtherObjects& objects, const std::vector<TlsEntryPoint>& entry_points,
    config::Diagnostics& diagnostics) {
  files_.forget();
  contexts_.clear();
  for (auto& [key, made] : certificates_) made.is_used = false;
  for (auto& [key, made] : options_) made.is_used = false;
  for (const auto& [name, spec] : objects.tls_options)
    contexts_[name] = context(name, spec, diagnostics);
  if (!contexts_.contains(std::string(kDefault))) {
    contexts_[std::string(kDefault)] =
        context(std::string(kDefault), config::OpaqueSpec{}, diagnostics);
  }
  auto policy = std::make_shared<tls::ServerPolicy>();
  index_ = index(objects, diagnostics);
  policy->certificates = index_;
  for (const TlsEntryPoint& from : entry_points) {
    tls::EntryPointPolicy& to = policy->entry_points.emplace_back();
    to.is_enabled = from.is_enabled;
    to.default_context = contexts_[std::string(kDefault)];
    assign_hosts(from, to, diagnostics);
  }
  std::erase_if(certificates_, [](const auto& entry) { return !entry.second.is_used; });
  std::erase_if(options_, [](const auto& entry) { return !entry.second.is_used; });
  return policy;
}

}  // namespace fairlead::control
