#include "tls/certificate.h"

#include <algorithm>
#include <ctime>
#include <mutex>

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "tls/openssl_ptr.h"

namespace fairlead::tls {
namespace {

constexpr long kDefaultDays = 397;  // what browsers accept at most; made anew at each start
constexpr const char* kDefaultName = "FAIRLEAD DEFAULT CERT";

// Why: without a callback OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) { return -1; }

BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::vector<std::string> dns_names(X509* leaf) {
  std::vector<std::string> names;
  auto* all =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) names.push_back(lower(text_of(name->d.dNSName)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string common_name_of(X509* leaf) {
  const X509_NAME* subject = X509_get_subject_name(leaf);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string serial_of(X509* leaf) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr);
  if (number == nullptr) return {};
  char* text = BN_bn2hex(number);
  std::string serial = text != nullptr ? text : "";
  OPENSSL_free(text);
  BN_free(number);
  return serial;
}

Certificate::KeyKind kind_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return Certificate::KeyKind::ecdsa;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return Certificate::KeyKind::ed25519;
    default:
      return Certificate::KeyKind::rsa;
  }
}

// What a handshake would complain about: keys too small, digests too weak, a key that is not the
// certificate's.
bool is_usable(const Certificate& certificate, std::string& why) {
  static std::mutex mutex;
  static SSL_CTX* trial = SSL_CTX_new(TLS_server_method());
  std::lock_guard lock(mutex);
  ERR_clear_error();
  SslPtr connection(SSL_new(trial));
  if (connection != nullptr && certificate.use_in(connection.get())) return true;
  why = take_error_text();
  return false;
}

bool add_name(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(kDefaultName), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

// A name that nobody has (RFC 6761), because clients expect one.
bool add_alternative_name(X509* certificate) {
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:default.fairlead.invalid");
  bool is_added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

bool fill(X509* certificate, EVP_PKEY* key) {
  BIGNUM* serial = BN_new();
  bool is_filled =
      BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nullptr &&
      X509_set_version(certificate, X509_VERSION_3) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), kDefaultDays * 86400) != nullptr &&
      X509_set_pubkey(certificate, key) == 1 && add_name(certificate) &&
      add_alternative_name(certificate) && X509_sign(certificate, key, EVP_sha256()) > 0;
  BN_free(serial);
  return is_filled;
}

// Where X509 objects keep the Staple of their Certificate: a connection knows only the former, and
// may outlive the latter.
int staple_slot() {
  static const int slot = X509_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* staple, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<std::shared_ptr<Staple>*>(staple);
      });
  return slot;
}

bool demands_staple(X509* leaf) {
  auto* features =
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(leaf, NID_tlsfeature, nullptr, nullptr));
  bool is_there = false;
  for (int i = 0; i < sk_ASN1_INTEGER_num(features); ++i)
    is_there = is_there || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == 5;
  TLS_FEATURE_free(features);
  return is_there;
}

}  // namespace

std::shared_ptr<const std::string> stapled_answer(x509_st* leaf) {
  auto* staple = static_cast<std::shared_ptr<Staple>*>(X509_get_ex_data(leaf, staple_slot()));
  return staple != nullptr ? (*staple)->answer.load() : nullptr;
}

std::expected<CertificatePtr, std::string> Certificate::from_pem(std::string_view chain,
                                                                 std::string_view key) {
  ERR_clear_error();
  std::shared_ptr<Certificate> made(new Certificate);
  BioPtr certificates = reader_of(chain);
  made->leaf_ = PEM_read_bio_X509_AUX(certificates.get(), nullptr, &no_password, nullptr);
  if (made->leaf_ == nullptr)
    return std::unexpected("holds no PEM certificate (" + take_error_text() + ")");
  while (X509* next = PEM_read_bio_X509(certificates.get(), nullptr, &no_password, nullptr)) {
    made->chain_.push_back(next);
  }
  bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!is_at_end)
    return std::unexpected("has a broken certificate in its chain (" + take_error_text() + ")");
  ERR_clear_error();
  BioPtr keys = reader_of(key);
  made->key_ = PEM_read_bio_PrivateKey(keys.get(), nullptr, &no_password, nullptr);
  if (made->key_ == nullptr) {
    return std::unexpected("the key is no PEM private key without a password (" +
                           take_error_text() + ")");
  }
  if (X509_check_private_key(made->leaf_, made->key_) != 1) {
    ERR_clear_error();
    return std::unexpected(
        "does not belong to its key; certFile and keyFile must come from the same request");
  }
  made->read_leaf();
  made->read_status_source();
  if (std::string why; !is_usable(*made, why)) return std::unexpected("cannot be used: " + why);
  return made;
}

const CertificatePtr& Certificate::generated_default() {
  static const CertificatePtr made = [] {
    std::shared_ptr<Certificate> fresh(new Certificate);
    fresh->key_ = EVP_EC_gen("P-256");
    fresh->leaf_ = X509_new();
    FAIRLEAD_CHECK(fresh->key_ != nullptr && fresh->leaf_ != nullptr &&
                   fill(fresh->leaf_, fresh->key_));
    fresh->read_leaf();
    fresh->names_.clear();
    return CertificatePtr(fresh);
  }();
  return made;
}

void Certificate::read_leaf() {
  names_ = dns_names(leaf_);
  common_name_ = common_name_of(leaf_);
  serial_ = serial_of(leaf_);
  if (names_.empty() && !common_name_.empty()) names_.push_back(lower(common_name_));
  key_kind_ = kind_of(key_);
  not_before_ = time_of(X509_get0_notBefore(leaf_));
  not_after_ = time_of(X509_get0_notAfter(leaf_));
}

void Certificate::read_status_source() {
  for (X509* one : chain_) {
    if (issuer_ == nullptr && X509_check_issued(one, leaf_) == X509_V_OK) issuer_ = one;
  }
  must_staple_ = demands_staple(leaf_);
  STACK_OF(OPENSSL_STRING)* urls = X509_get1_ocsp(leaf_);
  if (issuer_ != nullptr && sk_OPENSSL_STRING_num(urls) > 0)
    responder_ = sk_OPENSSL_STRING_value(urls, 0);
  X509_email_free(urls);
  if (responder_.empty()) return;
  staple_ = std::make_shared<Staple>();
  auto* held = new std::shared_ptr<Staple>(staple_);
  if (X509_set_ex_data(leaf_, staple_slot(), held) != 1) delete held;
}

Certificate::~Certificate() {
  X509_free(leaf_);
  for (X509* one : chain_) X509_free(one);
  EVP_PKEY_free(key_);
}

bool Certificate::use_in(ssl_st* connection) const {
  // Why not a stack kept ready: OpenSSL copies it anyway, and one that is shared could be changed
  // by it.
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (X509* one : chain_) sk_X509_push(chain, one);
  bool is_used = SSL_use_cert_and_key(connection, leaf_, key_, chain, 1) == 1;
  sk_X509_free(chain);
  return is_used;
}

}  // namespace fairlead::tls
