// A server certificate with its chain and key, checked to fit together. Immutable and shared by
// snapshots and workers; made on the control thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct x509_st;
struct evp_pkey_st;

namespace fairlead::tls {

// The authority's answer that goes with a certificate's handshakes: written by the control thread,
// read by workers. Null: none.
struct Staple {
  std::atomic<std::shared_ptr<const std::string>> answer;
};

class Certificate;
using CertificatePtr = std::shared_ptr<const Certificate>;

// Of the certificate that a connection presents; null when there is none.
std::shared_ptr<const std::string> stapled_answer(x509_st* leaf);

class Certificate {
 public:
  // Ordered by what a handshake costs the server: the cheapest is preferred where the client can
  // use it.
  enum class KeyKind : uint8_t { ecdsa, ed25519, rsa };
  static constexpr size_t kKeyKinds = 3;

  // Leaf first, then its chain. The fault is for people.
  static std::expected<CertificatePtr, std::string> from_pem(std::string_view chain,
                                                             std::string_view key);
  // For clients whose name nobody has a certificate for: names no host. The same one as long as the
  // process lives.
  static const CertificatePtr& generated_default();

  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  // DNS names it is good for, lower-case; "*.example.com" for one label. The common name when there
  // are none.
  const std::vector<std::string>& names() const { return names_; }
  const std::string& common_name() const { return common_name_; }
  const std::string& serial() const { return serial_; }
  KeyKind key_kind() const { return key_kind_; }
  std::chrono::system_clock::time_point not_before() const { return not_before_; }
  std::chrono::system_clock::time_point not_after() const { return not_after_; }

  // Where its authority says whether it is still good (OCSP), when it names a place and the chain
  // has the issuer; else empty.
  const std::string& responder() const { return responder_; }
  // RFC 7633: clients will not have it without a stapled answer.
  bool must_staple() const { return must_staple_; }
  const std::shared_ptr<Staple>& staple() const { return staple_; }
  x509_st* leaf() const { return leaf_; }
  x509_st* issuer() const { return issuer_; }

  // Makes it one of those that the connection may present. False when OpenSSL refuses.
  bool use_in(ssl_st* connection) const;

 private:
  Certificate() = default;
  void read_leaf();

  void read_status_source();

  x509_st* leaf_ = nullptr;
  x509_st* issuer_ = nullptr;  // in the chain; null when it is not there
  std::vector<x509_st*> chain_;
  evp_pkey_st* key_ = nullptr;
  std::vector<std::string> names_;
  std::string common_name_, serial_;
  std::string responder_;
  bool must_staple_ = false;
  std::shared_ptr<Staple> staple_;
  KeyKind key_kind_ = KeyKind::rsa;
  std::chrono::system_clock::time_point not_before_, not_after_;
};

}  // namespace fairlead::tls
