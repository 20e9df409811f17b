#include "tls/sni_index.h"

namespace fairlead::tls {
namespace {

bool is_valid_now(const Certificate& certificate) {
  auto now = std::chrono::system_clock::now();
  return certificate.not_before() <= now && now < certificate.not_after();
}

bool is_better(const Certificate& a, const Certificate& b) {
  if (is_valid_now(a) != is_valid_now(b)) return is_valid_now(a);
  if (a.not_after() != b.not_after()) return a.not_after() > b.not_after();
  return a.serial() < b.serial();
}

}  // namespace

void CertificateSet::add(const CertificatePtr& certificate) {
  CertificatePtr& place = by_kind[static_cast<size_t>(certificate->key_kind())];
  if (place == nullptr || is_better(*certificate, *place)) place = certificate;
}

LookupName::LookupName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > kMaxBytes) return;
  size_ = name.size();
  for (size_t i = 0; i < size_; ++i) {
    bytes_[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  }
}

std::string_view LookupName::parent() const {
  size_t dot = text().find('.');
  return dot == 0 || dot == std::string_view::npos ? std::string_view{} : text().substr(dot + 1);
}

SniIndex::SniIndex(const std::vector<CertificatePtr>& certificates, CertificatePtr fallback) {
  for (const CertificatePtr& certificate : certificates) {
    for (const std::string& name : certificate->names()) {
      bool is_wildcard = name.starts_with("*.");
      (is_wildcard ? wildcard_[name.substr(2)] : exact_[name]).add(certificate);
    }
  }
  fallback_.add(fallback != nullptr ? fallback : Certificate::generated_default());
}

const CertificateSet* SniIndex::find(const LookupName& name) const {
  if (name.text().empty()) return nullptr;
  if (auto at = exact_.find(name.text()); at != exact_.end()) return &at->second;
  if (auto at = wildcard_.find(name.parent()); at != wildcard_.end()) return &at->second;
  return nullptr;
}

}  // namespace fairlead::tls
