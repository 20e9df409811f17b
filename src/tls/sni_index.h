// From the name a client asks for to the certificates that are good for it: exact names first, then
// wildcards of one label, then the default. Immutable; a lookup hashes at most twice and allocates
// nothing. Shared by snapshots.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tls/certificate.h"

namespace fairlead::tls {

// At most one certificate of each kind of key; the handshake takes the first that the client can
// use.
struct CertificateSet {
  std::array<CertificatePtr, Certificate::kKeyKinds> by_kind;
  // Of two with the same kind of key the one that is valid, and then the one that is valid longer,
  // stays.
  void add(const CertificatePtr& certificate);
};

// A host name as it is looked up: lower-case, without a final dot. Views its own bytes.
class LookupName {
 public:
  explicit LookupName(std::string_view name);
  // "" when it is no name: empty, or longer than a name may be.
  std::string_view text() const { return {bytes_, size_}; }
  // The part a wildcard of one label stands in front of; "" when there is none.
  std::string_view parent() const;

 private:
  static constexpr size_t kMaxBytes = 253;  // RFC 1035 §2.3.4
  char bytes_[kMaxBytes];
  size_t size_ = 0;
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

class SniIndex {
 public:
  // `fallback` may be null: then the generated one.
  SniIndex(const std::vector<CertificatePtr>& certificates, CertificatePtr fallback);

  // Null when no certificate names `name`.
  const CertificateSet* find(const LookupName& name) const;
  const CertificateSet& fallback() const { return fallback_; }

 private:
  TextMap<CertificateSet> exact_;
  TextMap<CertificateSet> wildcard_;  // by what follows "*."
  CertificateSet fallback_;
};

}  // namespace fairlead::tls
