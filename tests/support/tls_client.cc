#include "tests/support/tls_client.h"

#include <atomic>
#include <csignal>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace fairlead::testing {
namespace {

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

X509* parse_certificate(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return certificate;
}

EVP_PKEY* parse_key(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return key;
}

void add_extension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void name_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
}

}  // namespace

PemPair make_certificate(const CertificateWish& wish) {
  static std::atomic<long> serial{1000};
  EVP_PKEY* key = wish.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L * 400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.days * 86400);
  X509_set_pubkey(certificate, key);
  name_subject(certificate, wish.common_name);
  std::string names;
  for (const std::string& name : wish.names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add_extension(certificate, NID_subject_alt_name, names);
  X509* issuer = wish.issuer != nullptr ? parse_certificate(wish.issuer->chain) : nullptr;
  EVP_PKEY* issuer_key = wish.issuer != nullptr ? parse_key(wish.issuer->key) : nullptr;
  if (issuer == nullptr) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_set_issuer_name(certificate,
                       X509_get_subject_name(issuer != nullptr ? issuer : certificate));
  X509_sign(certificate, issuer_key != nullptr ? issuer_key : key, EVP_sha256());
  BIO* chain = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(chain, certificate);
  BIO* keys = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(keys, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  X509_free(issuer);
  EVP_PKEY_free(key);
  EVP_PKEY_free(issuer_key);
  return {text_of(chain), text_of(keys)};
}

TlsClient::TlsClient(int fd, const TlsClientOptions& options)
    : fd_(fd), context_(SSL_CTX_new(TLS_client_method())) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write()
  timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  // Level 0: the client must be able to offer what the server has to refuse.
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_,
                                options.min_version != 0 ? options.min_version : TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_, options.max_version);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_, options.ciphers.c_str());
  if (options.certificate != nullptr) {
    X509* certificate = parse_certificate(options.certificate->chain);
    EVP_PKEY* key = parse_key(options.certificate->key);
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd);
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
  std::string wire;
  for (const std::string& protocol : options.protocols)
    wire += static_cast<char>(protocol.size()) + protocol;
  if (!wire.empty()) {
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  if (options.session != nullptr) SSL_set_session(ssl_, options.session);
}

TlsClient::~TlsClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) ::close(fd_);
}

void TlsClient::note_error() {
  unsigned long code = ERR_peek_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  error_ = reason != nullptr ? reason : "connection ended";
  ERR_clear_error();
}

bool TlsClient::handshake() {
  ERR_clear_error();
  if (SSL_connect(ssl_) == 1) return true;
  note_error();
  return false;
}

bool TlsClient::send(std::string_view bytes) {
  ERR_clear_error();
  size_t sent = 0;
  if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) == 1 && sent == bytes.size())
    return true;
  note_error();
  return false;
}

std::string TlsClient::receive(size_t bytes) {
  std::string text(bytes, '\0');
  size_t have = 0;
  while (have < bytes) {
    ERR_clear_error();
    size_t got = 0;
    if (SSL_read_ex(ssl_, text.data() + have, bytes - have, &got) != 1) {
      if (SSL_get_error(ssl_, 0) != SSL_ERROR_ZERO_RETURN) note_error();
      break;
    }
    have += got;
  }
  text.resize(have);
  return text;
}

bool TlsClient::update_keys() {
  return SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl_) == 1;
}

void TlsClient::close_politely() {
  SSL_shutdown(ssl_);
  ::shutdown(fd_, SHUT_WR);
}

void TlsClient::close_rudely() { ::shutdown(fd_, SHUT_WR); }

std::string TlsClient::peer_name() const {
  X509* peer = SSL_get1_peer_certificate(ssl_);
  if (peer == nullptr) return {};
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
  X509_free(peer);
  return name;
}

int TlsClient::key_type() const {
  X509* peer = SSL_get1_peer_certificate(ssl_);
  int type = EVP_PKEY_get_base_id(X509_get0_pubkey(peer));
  X509_free(peer);
  return type;
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl_, &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

SSL_SESSION* TlsClient::take_session() { return SSL_get1_session(ssl_); }

}  // namespace fairlead::testing
