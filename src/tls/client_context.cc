#include "tls/client_context.h"

#include <algorithm>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "io/address.h"
#include "tls/openssl_ptr.h"
#include "tls/option_words.h"

namespace fairlead::tls {
namespace {

constexpr const char* kGoodCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE+AES+SHA1:RSA+AESGCM";
constexpr std::string_view kBothProtocols = "\x02h2\x08http/1.1";
constexpr std::string_view kOnlyHttp1 = "\x08http/1.1";
constexpr long kServerChainBytes = 100 * 1024;

int sessions_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_session(SSL* connection, SSL_SESSION* session) {
  auto* sessions = static_cast<ClientSessions*>(SSL_get_ex_data(connection, sessions_index()));
  if (sessions == nullptr) return 0;
  sessions->put(session);
  return 1;  // the reference is ours now
}

// Reading the system's authorities takes a dozen milliseconds; every transport shares them.
X509_STORE* system_store() {
  static X509_STORE* const store = [] {
    X509_STORE* made = X509_STORE_new();
    FAIRLEAD_CHECK(made != nullptr);
    X509_STORE_set_default_paths(made);
    ERR_clear_error();
    return made;
  }();
  return store;
}

std::string add_bundle(X509_STORE* store, const std::string& pem) {
  BioPtr reader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  size_t count = 0;
  while (X509Ptr authority{PEM_read_bio_X509_AUX(reader.get(), nullptr, nullptr, nullptr)}) {
    ++count;
    if (X509_STORE_add_cert(store, authority.get()) != 1) return take_error_text();
  }
  bool is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  std::string why = take_error_text();
  if (count == 0) return "rootCAs: a file holds no PEM certificate";
  return is_whole ? "" : "rootCAs: a file has a broken certificate (" + why + ")";
}

bool carries_uri(X509* certificate, std::string_view wanted) {
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool is_there = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(all) && !is_there; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    is_there =
        wanted == std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                   static_cast<size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(all);
  return is_there;
}

bool carries(X509* certificate, const PeerName& name) {
  if (name.kind == PeerName::Kind::uri) return carries_uri(certificate, name.value);
  return X509_check_host(certificate, name.value.data(), name.value.size(),
                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

}  // namespace

std::expected<ClientContextPtr, std::string> ClientContext::make(
    const ClientOptions& options, std::vector<std::string>& warnings) {
  ERR_clear_error();
  std::shared_ptr<ClientContext> made(new ClientContext);
  made->context_ = SSL_CTX_new(TLS_client_method());
  FAIRLEAD_CHECK(made->context_ != nullptr);
  SSL_CTX* context = made->context_;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_cert_list(context, kServerChainBytes);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &keep_session);
  std::string fault = made->set_versions_and_ciphers(options, warnings);
  if (fault.empty()) fault = made->set_authorities(options);
  if (!fault.empty()) return std::unexpected(fault);
  made->server_name_ = options.server_name;
  made->certificates_ = options.certificates;
  made->peer_names_ = options.peer_names;
  return made;
}

ClientContext::~ClientContext() { SSL_CTX_free(context_); }

std::string ClientContext::set_versions_and_ciphers(const ClientOptions& options,
                                                    std::vector<std::string>& warnings) {
  auto lowest = version_number(options.min_version.empty() ? "VersionTLS12" : options.min_version);
  if (!lowest) return "minVersion: " + lowest.error();
  auto highest = version_number(options.max_version.empty() ? "VersionTLS13" : options.max_version);
  if (!highest) return "maxVersion: " + highest.error();
  // A maxVersion alone is meant to reach older servers.
  if (options.min_version.empty()) lowest = std::min(*lowest, *highest);
  if (*lowest > *highest) return "minVersion: is above maxVersion";
  auto ciphers = cipher_list(options.cipher_suites, warnings);
  if (!ciphers) return "cipherSuites: " + ciphers.error();
  bool is_chosen = !options.cipher_suites.empty();
  if (is_chosen && ciphers->openssl.empty() && !ciphers->has_tls13_names)
    return "cipherSuites: none of the listed suites can be used; list one that can, or remove the "
           "key";
  std::string list = ciphers->openssl.empty() ? kGoodCiphers : ciphers->openssl;
  // Why: OpenSSL refuses the digests of TLS 1.0 and 1.1 unless told that anything goes; and who
  // skips verification gets on with small keys too.
  if (*lowest < TLS1_2_VERSION || options.skips_verify) SSL_CTX_set_security_level(context_, 0);
  bool is_set = SSL_CTX_set_min_proto_version(context_, *lowest) == 1 &&
                SSL_CTX_set_max_proto_version(context_, *highest) == 1 &&
                SSL_CTX_set_cipher_list(context_, list.c_str()) == 1 &&
                SSL_CTX_set1_groups_list(context_, (default_groups() + ":P-521").c_str()) == 1;
  return is_set ? "" : take_error_text();
}

std::string ClientContext::set_authorities(const ClientOptions& options) {
  skips_verify_ = options.skips_verify;
  SSL_CTX_set_verify(context_, skips_verify_ ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (options.ca_bundles.empty()) {
    SSL_CTX_set1_cert_store(context_, system_store());
    return {};
  }
  for (const std::string& bundle : options.ca_bundles) {
    std::string fault = add_bundle(SSL_CTX_get_cert_store(context_), bundle);
    if (!fault.empty()) return fault;
  }
  return {};
}

// RFC 9525: the name that was asked for, and none but alternative names count.
bool ClientContext::set_name(ssl_st* connection, std::string_view host) const {
  std::string name(server_name_.empty() ? host : server_name_);
  if (name.ends_with('.')) name.pop_back();
  bool is_number = io::Address::parse(name, 0).has_value();
  if (!is_number && !name.empty() && SSL_set_tlsext_host_name(connection, name.c_str()) != 1)
    return false;
  if (skips_verify_ || !peer_names_.empty()) return true;
  X509_VERIFY_PARAM* rules = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_number) return X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1;
  return !name.empty() && X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1;
}

ssl_st* ClientContext::new_connection(const ClientWish& wish) const {
  ERR_clear_error();
  SslPtr connection(SSL_new(context_));
  if (connection == nullptr || !set_name(connection.get(), wish.host)) return nullptr;
  // The last of a kind that is set is the one that counts.
  for (auto at = certificates_.rbegin(); at != certificates_.rend(); ++at) {
    if (!(*at)->use_in(connection.get())) return nullptr;
  }
  std::string_view protocols = wish.offers_http2 ? kBothProtocols : kOnlyHttp1;
  if (wish.is_for_http &&
      SSL_set_alpn_protos(connection.get(),
                          reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size())) != 0)
    return nullptr;
  if (wish.sessions != nullptr) {
    SSL_set_ex_data(connection.get(), sessions_index(), wish.sessions);
    if (SSL_SESSION* session = wish.sessions->take()) {
      SSL_set_session(connection.get(), session);
      SSL_SESSION_free(session);
    }
  }
  SSL_set_connect_state(connection.get());
  return connection.release();
}

bool ClientContext::accepts_names(ssl_st* connection) const {
  if (peer_names_.empty()) return true;
  X509Ptr certificate(SSL_get1_peer_certificate(connection));
  return certificate != nullptr && std::ranges::any_of(peer_names_, [&](const PeerName& name) {
           return carries(certificate.get(), name);
         });
}

Code code_of_verification(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Code::tls_upstream_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Code::tls_upstream_expired;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return Code::tls_upstream_authority;
    default:
      return Code::tls_upstream_certificate;
  }
}

}  // namespace fairlead::tls
