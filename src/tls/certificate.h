// A server certificate with its chain and key, checked to fit together. Immutable and shared by
// snapshots and workers; made on the control thread.
#pragma once

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

class Certificate;
using CertificatePtr = std::shared_ptr<const Certificate>;

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

  // Makes it one of those that the connection may present. False when OpenSSL refuses.
  bool use_in(ssl_st* connection) const;

 private:
  Certificate() = default;
  void read_leaf();

  x509_st* leaf_ = nullptr;
  std::vector<x509_st*> chain_;
  evp_pkey_st* key_ = nullptr;
  std::vector<std::string> names_;
  std::string common_name_, serial_;
  KeyKind key_kind_ = KeyKind::rsa;
  std::chrono::system_clock::time_point not_before_, not_after_;
};

}  // namespace fairlead::tls
