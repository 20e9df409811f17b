#include "tls/server_context.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "tls/openssl_ptr.h"
#include "tls/option_words.h"
#include "tls/protocols.h"
#include "tls/sni_index.h"
#include "tls/ticket_keys.h"

namespace fairlead::tls {
namespace {

constexpr const char* kGoodCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// AES-128 first: nothing breaks it sooner, and it costs a third less.
constexpr const char* kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr long kSessionSeconds = 12 * 3600;  // as long as a ticket key is surely kept
constexpr long kClientChainBytes = 32 * 1024;
constexpr int kClientChainDepth = 8;

int accept_any(int, X509_STORE_CTX*) { return 1; }

// Where a connection that carries anything keeps its ServerContext.
int context_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int select_protocol(std::string_view ours, const unsigned char** out, unsigned char* out_bytes,
                    const unsigned char* offered, unsigned offered_bytes) {
  unsigned char* chosen = nullptr;
  int found =
      SSL_select_next_proto(&chosen, out_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_bytes);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool init_ticket(const TicketKeys::Key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                 EVP_MAC_CTX* mac, bool seals) {
  static EVP_CIPHER* algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex(cipher, algorithm, nullptr, key.cipher.data(), iv, seals ? 1 : 0) == 1 &&
         EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// OpenSSL's callback: 1 = go on, 2 = go on and replace the ticket, 0 = make a full handshake, -1 =
// fail.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int seals) {
  auto now = TicketKeys::Clock::now();
  if (seals != 0) {
    auto key = TicketKeys::shared().newest(now);
    if (!key || !fill_random(iv, 16)) return 0;  // no ticket then
    std::copy(key->name.begin(), key->name.end(), name);
    return init_ticket(*key, iv, cipher, mac, true) ? 1 : -1;
  }
  auto opened = TicketKeys::shared().find(name, now);
  if (!opened) return 0;
  if (!init_ticket(opened->key, iv, cipher, mac, false)) return -1;
  // A client of TLS 1.3 uses a ticket once (RFC 8446 §C.4): without a new one, only every second
  // connection would be resumed.
  bool is_spent = SSL_version(ssl) >= TLS1_3_VERSION;
  return opened->is_newest && !is_spent ? 1 : 2;
}

// For a client that asks, with what is known of the certificate it gets.
int staple(SSL* ssl, void*) {
  X509* leaf = SSL_get_certificate(ssl);
  std::shared_ptr<const std::string> answer = leaf != nullptr ? stapled_answer(leaf) : nullptr;
  if (answer == nullptr) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(answer->data(), answer->size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, static_cast<unsigned char*>(copy),
                                  static_cast<long>(answer->size()));
  return SSL_TLSEXT_ERR_OK;
}

void append(std::string& text, std::string_view part) { text.append(part).push_back('\0'); }

// Both the names in the request for a certificate and what certificates are checked against.
std::string add_bundle(SSL_CTX* context, const std::string& pem) {
  BioPtr reader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  size_t count = 0;
  while (X509Ptr authority{PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)}) {
    ++count;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
      return take_error_text();
    SSL_CTX_add_client_CA(context, authority.get());
  }
  bool is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  std::string why = take_error_text();
  if (count == 0) return "a CA file holds no PEM certificate";
  return is_whole ? "" : "a CA file has a broken certificate (" + why + ")";
}

}  // namespace

std::expected<ServerContextPtr, std::string> ServerContext::make(
    const ServerOptions& options, std::vector<std::string>& warnings) {
  ERR_clear_error();
  std::shared_ptr<ServerContext> made(new ServerContext);
  made->context_ = SSL_CTX_new(TLS_server_method());
  FAIRLEAD_CHECK(made->context_ != nullptr);
  SSL_CTX* context = made->context_;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_tlsext_status_cb(context, &staple);
  SSL_CTX_set_read_ahead(context, 1);  // one read takes a record's header and body
  std::string fault = made->set_versions_and_ciphers(options, warnings);
  if (fault.empty()) fault = made->set_client_auth(options);
  if (!fault.empty()) return std::unexpected(fault);
  made->set_protocols(options);
  made->set_tickets(options);
  made->is_sni_strict_ = options.is_sni_strict;
  return made;
}

ServerContext::~ServerContext() { SSL_CTX_free(context_); }

std::string ServerContext::set_versions_and_ciphers(const ServerOptions& options,
                                                    std::vector<std::string>& warnings) {
  auto lowest = version_number(options.min_version.empty() ? "VersionTLS12" : options.min_version);
  if (!lowest) return "minVersion: " + lowest.error();
  auto highest = version_number(options.max_version.empty() ? "VersionTLS13" : options.max_version);
  if (!highest) return "maxVersion: " + highest.error();
  auto ciphers = cipher_list(options.cipher_suites, warnings);
  if (!ciphers) return "cipherSuites: " + ciphers.error();
  bool is_chosen = !options.cipher_suites.empty();
  if (is_chosen && ciphers->openssl.empty() && !ciphers->has_tls13_names) {
    return "cipherSuites: none of the listed suites can be used; list one that can, or remove the "
           "key";
  }
  // Suites of TLS 1.3 alone leave nothing that an older version could use.
  if (is_chosen && ciphers->openssl.empty()) lowest = std::max(*lowest, TLS1_3_VERSION);
  if (*lowest > *highest) return "minVersion: is above what maxVersion and cipherSuites leave";
  // Why: OpenSSL refuses the digests of TLS 1.0 and 1.1 unless told that anything goes.
  if (*lowest < TLS1_2_VERSION) SSL_CTX_set_security_level(context_, 0);
  auto groups = group_list(options.curve_preferences, warnings);
  if (!groups) return "curvePreferences: " + groups.error();
  std::string list = ciphers->openssl.empty() ? kGoodCiphers : ciphers->openssl;
  if (*lowest < TLS1_2_VERSION && !is_chosen) list += ":ECDHE+AES+SHA1";
  bool is_set = SSL_CTX_set_min_proto_version(context_, *lowest) == 1 &&
                SSL_CTX_set_max_proto_version(context_, *highest) == 1 &&
                SSL_CTX_set_cipher_list(context_, list.c_str()) == 1 &&
                SSL_CTX_set_ciphersuites(context_, kTls13Ciphers) == 1 &&
                SSL_CTX_set1_groups_list(context_, groups->c_str()) == 1;
  return is_set ? "" : take_error_text();
}

std::string ServerContext::set_client_auth(const ServerOptions& options) {
  auto kind = client_auth(options.client_auth_type, !options.ca_bundles.empty());
  if (!kind) return "clientAuth: " + kind.error();
  for (const std::string& bundle : options.ca_bundles) {
    if (std::string fault = add_bundle(context_, bundle); !fault.empty())
      return "clientAuth.caFiles: " + fault;
  }
  switch (*kind) {
    case ClientAuth::none:
      break;
    case ClientAuth::request:
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, &accept_any);
      break;
    case ClientAuth::require_any:
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &accept_any);
      break;
    case ClientAuth::verify_if_given:
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
      break;
    case ClientAuth::require_and_verify:
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      break;
  }
  SSL_CTX_set_max_cert_list(context_, kClientChainBytes);
  SSL_CTX_set_verify_depth(context_, kClientChainDepth);
  std::string demands = std::to_string(static_cast<int>(*kind));
  for (const std::string& bundle : options.ca_bundles) append(demands, bundle);
  client_auth_id_ = sha256(demands);
  return {};
}

// ALPN is strict (ALPACA, CVE-2021-3618): a client that offers only protocols we do not speak is
// refused.
int ServerContext::choose_protocol(ssl_st* ssl, const unsigned char** out, unsigned char* out_bytes,
                                   const unsigned char* offered, unsigned offered_bytes,
                                   void* context) {
  static constexpr std::string_view kOnlyHttp1 = "\x08http/1.1";
  if (SSL_get_ex_data(ssl, context_index()) != nullptr)
    return choose_any_protocol(ssl, out, out_bytes, offered, offered_bytes);
  std::string_view ours = *static_cast<const std::string*>(context);
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;  // none of the list is HTTP's
  // HTTP/2 needs TLS 1.2 (RFC 9113 §9.2).
  if (SSL_version(ssl) < TLS1_2_VERSION) ours = kOnlyHttp1;
  return select_protocol(ours, out, out_bytes, offered, offered_bytes);
}

int ServerContext::choose_any_protocol(ssl_st* ssl, const unsigned char** out,
                                       unsigned char* out_bytes, const unsigned char* offered,
                                       unsigned offered_bytes) {
  auto& context = *static_cast<const ServerContext*>(SSL_get_ex_data(ssl, context_index()));
  int chosen = select_protocol(context.any_protocols_, out, out_bytes, offered, offered_bytes);
  bool is_agreed = chosen == SSL_TLSEXT_ERR_OK;
  return is_agreed || context.is_alpn_strict_ ? chosen : SSL_TLSEXT_ERR_NOACK;
}

void ServerContext::set_protocols(const ServerOptions& options) {
  auto add = [](std::string& list, const std::string& protocol) {
    if (protocol.empty() || protocol.size() > 255) return;
    list += static_cast<char>(protocol.size());
    list += protocol;
  };
  for (const std::string& protocol : offered_protocols(options.alpn_protocols))
    add(protocols_, protocol);
  for (const std::string& protocol : options.alpn_protocols) add(any_protocols_, protocol);
  is_alpn_strict_ = !any_protocols_.empty();
  if (!is_alpn_strict_) any_protocols_ = protocols_;
  if (!any_protocols_.empty())
    SSL_CTX_set_alpn_select_cb(context_, &ServerContext::choose_protocol, &protocols_);
}

void ServerContext::set_tickets(const ServerOptions& options) {
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context_, kSessionSeconds);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context_, &ticket_key);
  SSL_CTX_set_num_tickets(context_, options.disables_session_tickets ? 0 : 1);
  if (options.disables_session_tickets) SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  std::string identity(view(client_auth_id_));
  append(identity, options.min_version);
  append(identity, options.max_version);
  for (const auto* list :
       {&options.cipher_suites, &options.curve_preferences, &options.alpn_protocols}) {
    for (const std::string& word : *list) append(identity, word);
    append(identity, "");
  }
  id_ = sha256(identity);
}

ssl_st* ServerContext::new_connection(const CertificateSet& certificates,
                                      std::string_view server_name, Carries carries) const {
  ERR_clear_error();
  SslPtr connection(SSL_new(context_));
  if (connection == nullptr) return nullptr;
  for (const CertificatePtr& certificate : certificates.by_kind) {
    if (certificate != nullptr && !certificate->use_in(connection.get())) return nullptr;
  }
  // A session is resumed only for the name and the options it was made for: nobody gets around a
  // host's demands on client certificates with a session of its neighbour (CVE-2025-23419).
  Sha256 binding = hmac_sha256(view(id_), server_name);
  bool is_bound = SSL_set_session_id_context(connection.get(), binding.data(), binding.size()) == 1;
  if (!is_bound) return nullptr;
  if (carries == Carries::anything &&
      SSL_set_ex_data(connection.get(), context_index(), const_cast<ServerContext*>(this)) != 1)
    return nullptr;
  SSL_set_accept_state(connection.get());
  return connection.release();
}

}  // namespace fairlead::tls
