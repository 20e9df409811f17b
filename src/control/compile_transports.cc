#include "control/compile_transports.h"

#include <algorithm>

#include "config/reader.h"
#include "config/references.h"
#include "tls/digest.h"

namespace fairlead::control {
namespace {

constexpr std::string_view kStatic = "default@internal";
// What Go's transports keep when nothing is said; Traefik's named transports inherit it.
constexpr int64_t kIdleWhenZero = 2;

std::string object_of(const std::string& name) {
  return name == kStatic ? "serversTransport" : "serversTransport " + name;
}

std::string source_of(const std::string& name) {
  return name == kStatic ? "static" : std::string(config::provider_of(name));
}

void read_peer_names(config::Reader& reader, std::vector<tls::PeerName>& names) {
  reader.each_item("peerCertSANs", [&](config::Reader& item) {
    std::string type, value;
    item.read_word("type", type, {"URI", "DNSName"});
    item.read("value", value);
    if (type.empty()) item.error("type", "is required: URI or DNSName");
    if (value.empty()) item.error("value", "is required: the name that the certificate carries");
    names.push_back({type == "URI" ? tls::PeerName::Kind::uri : tls::PeerName::Kind::dns, value});
  });
}

void read_timeouts(config::Reader& reader, config::ForwardingTimeouts& timeouts) {
  reader.read("dialTimeout", timeouts.dial);
  reader.read("responseHeaderTimeout", timeouts.response_header);
  reader.read("idleConnTimeout", timeouts.idle_conn);
  reader.read("readIdleTimeout", timeouts.read_idle);
  reader.read("pingTimeout", timeouts.ping);
}

void read_keys(config::Reader& reader, config::ServersTransportConfig& keys) {
  reader.read("serverName", keys.server_name);
  reader.read("insecureSkipVerify", keys.skips_verify);
  reader.read("rootCAs", keys.root_cas);
  reader.each_item("certificates", [&](config::Reader& item) {
    config::CertificateSpec pair;
    item.read("certFile", pair.cert_file);
    item.read("keyFile", pair.key_file);
    if (pair.cert_file.empty()) item.error("certFile", "is required: a path or PEM");
    if (pair.key_file.empty()) item.error("keyFile", "is required: a path or PEM");
    keys.certificates.push_back(std::move(pair));
  });
  reader.read("cipherSuites", keys.cipher_suites);
  reader.read("minVersion", keys.min_version);
  reader.read("maxVersion", keys.max_version);
  if (reader.read("maxIdleConnsPerHost", keys.max_idle_conns_per_host) &&
      keys.max_idle_conns_per_host < -1)
    reader.error("maxIdleConnsPerHost", "must be -1 (none) or more");
  reader.read("disableHTTP2", keys.disables_http2);
  reader.read("peerCertURI", keys.peer_cert_uri);
  reader.child("forwardingTimeouts",
               [&](config::Reader& child) { read_timeouts(child, keys.forwarding_timeouts); });
}

void append(std::string& text, std::string_view part) {
  text += std::to_string(part.size());
  text += ' ';
  text += part;
}

// Everything that decides whom a connection trusts and what it shows.
std::string identity_of(const config::ServersTransportConfig& keys,
                        const std::vector<tls::PeerName>& names, const std::string& digest) {
  std::string all;
  append(all, keys.server_name);
  append(all, keys.skips_verify ? "1" : "0");
  append(all, keys.disables_http2 ? "1" : "0");
  append(all, keys.min_version);
  append(all, keys.max_version);
  for (const std::string& suite : keys.cipher_suites) append(all, suite);
  append(all, "");
  for (const tls::PeerName& name : names) {
    append(all, name.kind == tls::PeerName::Kind::uri ? "u" : "d");
    append(all, name.value);
  }
  append(all, digest);
  return std::string(tls::view(tls::sha256(all)));
}

io::Duration shorter(io::Duration a, io::Duration b) {
  if (a <= io::Duration::zero()) return b;
  return b <= io::Duration::zero() ? a : std::min(a, b);
}

}  // namespace

void TransportCompiler::begin(const config::OtherObjects& objects) {
  objects_ = &objects;
  files_.forget();
  static_ = {};
  for (auto& [key, made] : made_) made.is_used = false;
}

void TransportCompiler::end(config::Diagnostics& diagnostics) {
  std::erase_if(made_, [](const auto& entry) { return !entry.second.is_used; });
  std::string before;
  for (const auto& [key, made] : made_) {
    // Both kinds of one name say the same, the one with TLS more.
    bool has_fuller = !key.second && made_.contains({key.first, true});
    if (has_fuller) continue;
    diagnostics.insert(diagnostics.end(), made.notes.begin(), made.notes.end());
  }
  objects_ = nullptr;
}

TransportCompiler::TransportPtr TransportCompiler::get(const std::string& name, bool needs_tls) {
  // Most services name none; there are many of them.
  Made*& usual = static_[needs_tls ? 1 : 0];
  if (name.empty() && usual != nullptr) return usual->made;
  std::string qualified = name.empty() ? std::string(kStatic) : name;
  Made& made = made_[{qualified, needs_tls}];
  if (!made.is_used) refresh(qualified, needs_tls, made);
  made.is_used = true;
  if (qualified == kStatic) usual = &made;
  return made.made;
}

TransportCompiler::Spec TransportCompiler::decode(const std::string& name,
                                                  config::Diagnostics& notes) const {
  Spec spec;
  bool has_spiffe = false;
  if (name == kStatic) {
    spec.keys = settings_.defaults;
    has_spiffe = spec.keys.spiffe.has_value();
    config::Node wrapper = config::Node::map();
    if (spec.keys.peer_cert_sans) wrapper.at("peerCertSANs") = *spec.keys.peer_cert_sans;
    config::Reader reader(&wrapper, "static", object_of(name), "serversTransport", notes);
    read_peer_names(reader, spec.peer_names);
    reader.finish();
  } else if (auto at = objects_->servers_transports.find(name);
             at != objects_->servers_transports.end()) {
    config::Reader reader(&at->second.options, source_of(name), object_of(name),
                          "http.serversTransports." + name, notes);
    read_keys(reader, spec.keys);
    read_peer_names(reader, spec.peer_names);
    has_spiffe = reader.raw("spiffe") != nullptr;
    reader.finish();
  }
  if (spec.keys.max_idle_conns_per_host == 0) spec.keys.max_idle_conns_per_host = kIdleWhenZero;
  if (!spec.keys.peer_cert_uri.empty())
    spec.peer_names.push_back({tls::PeerName::Kind::uri, spec.keys.peer_cert_uri});
  if (has_spiffe) {
    notes.push_back({config::Severity::error, source_of(name), object_of(name), "spiffe",
                     "is not served: certificates of a SPIFFE workload API are not fetched; name "
                     "the authorities in rootCAs and the identity in peerCertSANs (type URI)"});
  }
  return spec;
}

TransportCompiler::Files TransportCompiler::read_files(const Spec& spec) {
  Files out;
  std::string all;
  for (const std::string& path : spec.keys.root_cas) {
    PemFiles::Source source = files_.read(path);
    if (!source.fault.empty() && out.fault.empty())
      out.fault = "rootCAs: " + shown(path) + ' ' + source.fault;
    append(all, source.text);
    out.ca_bundles.push_back(std::move(source.text));
  }
  for (const config::CertificateSpec& pair : spec.keys.certificates) {
    PemFiles::Source chain = files_.read(pair.cert_file);
    PemFiles::Source key = files_.read(pair.key_file);
    append(all, chain.text);
    append(all, key.text);
    std::string why = !chain.fault.empty() ? shown(pair.cert_file) + ' ' + chain.fault
                      : !key.fault.empty() ? shown(pair.key_file) + ' ' + key.fault
                                           : "";
    if (why.empty()) {
      auto loaded = tls::Certificate::from_pem(chain.text, key.text);
      if (loaded) out.certificates.push_back(*loaded);
      if (!loaded) why = shown(pair.cert_file) + ' ' + loaded.error();
    }
    if (!why.empty() && out.fault.empty()) out.fault = "certificates: " + why;
  }
  out.digest = std::string(tls::view(tls::sha256(all)));
  return out;
}

TransportCompiler::TransportPtr TransportCompiler::make(const Spec& spec,
                                                        tls::ClientContextPtr context,
                                                        const Files& files) {
  const config::ServersTransportConfig& keys = spec.keys;
  const config::ForwardingTimeouts& timeouts = keys.forwarding_timeouts;
  auto transport = std::make_shared<upstream::Transport>();
  transport->connect = shorter(timeouts.dial, settings_.connect);
  transport->timeouts.head =
      timeouts.response_header.count() != 0 ? timeouts.response_header : settings_.head;
  transport->timeouts.idle = settings_.idle;
  transport->timeouts.read_idle = timeouts.read_idle;
  transport->timeouts.ping = timeouts.ping;
  transport->pool.max_idle =
      static_cast<size_t>(std::max<int64_t>(keys.max_idle_conns_per_host, 0));
  transport->pool.idle_timeout = timeouts.idle_conn;
  transport->disables_http2 = keys.disables_http2;
  if (context != nullptr)
    transport->tls_identity = identity_of(keys, spec.peer_names, files.digest);
  transport->check_tls.server_name = keys.server_name;
  transport->check_tls.skips_verify = keys.skips_verify;
  for (const std::string& bundle : files.ca_bundles)
    transport->check_tls.authorities += bundle + '\n';
  if (!keys.certificates.empty()) {
    transport->check_tls.certificate = keys.certificates.front().cert_file;
    transport->check_tls.key = keys.certificates.front().key_file;
  }
  transport->tls = std::move(context);
  return transport;
}

void TransportCompiler::refresh(const std::string& name, bool needs_tls, Made& made) {
  config::Diagnostics notes;
  Spec spec = decode(name, notes);
  bool is_sound = std::ranges::none_of(notes, [](const config::Diagnostic& note) {
    return note.severity == config::Severity::error;
  });
  bool is_same = made.made != nullptr && made.spec == spec;
  if (!needs_tls) {
    if (!is_same) made.made = make(spec, nullptr, {});
  } else {
    Files files = read_files(spec);
    bool is_known = is_same && made.digest == files.digest && made.made->tls != nullptr;
    if (is_known) {
      for (const config::Diagnostic& note : made.notes) {
        if (note.severity == config::Severity::warning && note.field.empty()) notes.push_back(note);
      }
    } else {
      std::vector<std::string> warnings;
      tls::ClientContextPtr context;
      if (files.fault.empty() && is_sound) {
        auto fresh = tls::ClientContext::make(
            {spec.keys.server_name, spec.keys.skips_verify, files.ca_bundles, files.certificates,
             spec.keys.cipher_suites, spec.keys.min_version, spec.keys.max_version,
             spec.peer_names},
            warnings);
        if (fresh) context = *fresh;
        if (!fresh) files.fault = fresh.error();
      }
      // A renewal writes several files: until they fit, what was in use goes on.
      bool keeps_old = context == nullptr && is_same && made.made->tls != nullptr;
      if (!files.fault.empty()) {
        notes.push_back({config::Severity::error, source_of(name), object_of(name), "",
                         files.fault + (keeps_old ? "; what was read before stays in use"
                                                  : "; https servers cannot be reached with it")});
      }
      for (std::string& warning : warnings) {
        notes.push_back(
            {config::Severity::warning, source_of(name), object_of(name), "", std::move(warning)});
      }
      if (!keeps_old) {
        made.made = make(spec, std::move(context), files);
        made.digest = std::move(files.digest);
      }
    }
  }
  made.spec = std::move(spec);
  made.notes = std::move(notes);
}

}  // namespace fairlead::control
