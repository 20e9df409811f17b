#include "tls/option_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/ssl.h>

namespace fairlead::tls {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::pair<std::string_view, int>, 4> kVersions{
    {{"VersionTLS10", TLS1_VERSION},
     {"VersionTLS11", TLS1_1_VERSION},
     {"VersionTLS12", TLS1_2_VERSION},
     {"VersionTLS13", TLS1_3_VERSION}}};

// Names that Traefik takes and OpenSSL calls otherwise.
constexpr std::array<Word, 2> kShortSuites{
    {{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
     {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}}};
constexpr std::array<std::string_view, 3> kTls13Suites{
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"};
// Known to Traefik, but too weak to be in OpenSSL any more.
constexpr std::array<std::string_view, 6> kGoneSuites{"TLS_RSA_WITH_RC4_128_SHA",
                                                      "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
                                                      "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
                                                      "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                                                      "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
                                                      "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"};

constexpr std::array<Word, 14> kCurves{{{"CurveP256", "P-256"},
                                        {"secp256r1", "P-256"},
                                        {"CurveP384", "P-384"},
                                        {"secp384r1", "P-384"},
                                        {"CurveP521", "P-521"},
                                        {"secp521r1", "P-521"},
                                        {"X25519", "X25519"},
                                        {"x25519", "X25519"},
                                        {"X25519MLKEM768", "X25519MLKEM768"},
                                        {"x25519mlkem768", "X25519MLKEM768"},
                                        {"SecP256r1MLKEM768", "SecP256r1MLKEM768"},
                                        {"secp256r1mlkem768", "SecP256r1MLKEM768"},
                                        {"SecP384r1MLKEM1024", "SecP384r1MLKEM1024"},
                                        {"secp384r1mlkem1024", "SecP384r1MLKEM1024"}}};

constexpr std::array<std::pair<std::string_view, ClientAuth>, 5> kClientAuths{
    {{"NoClientCert", ClientAuth::none},
     {"RequestClientCert", ClientAuth::request},
     {"RequireAnyClientCert", ClientAuth::require_any},
     {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
     {"RequireAndVerifyClientCert", ClientAuth::require_and_verify}}};

template <class Table>
auto* find(const Table& table, std::string_view word) {
  auto at = std::ranges::find(table, word, [](const auto& entry) { return entry.first; });
  return at == table.end() ? nullptr : &at->second;
}

template <class Table>
std::string listed(const Table& table) {
  std::string text;
  for (const auto& [word, meaning] : table) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

bool contains(const auto& table, std::string_view word) {
  return std::ranges::find(table, word) != table.end();
}

void append(std::string& list, std::string_view name) {
  if (!list.empty()) list += ':';
  list += name;
}

bool has_group(const std::string& name) {
  SSL_CTX* trial = SSL_CTX_new(TLS_server_method());
  bool is_known = SSL_CTX_set1_groups_list(trial, name.c_str()) == 1;
  SSL_CTX_free(trial);
  return is_known;
}

std::string in_quotes(std::string_view word) { return '"' + std::string(word) + '"'; }

}  // namespace

std::expected<int, std::string> version_number(std::string_view word) {
  if (const int* number = find(kVersions, word)) return *number;
  return std::unexpected(in_quotes(word) + " is no TLS version; use one of " + listed(kVersions));
}

std::expected<CipherList, std::string> cipher_list(const std::vector<std::string>& suites,
                                                   std::vector<std::string>& warnings) {
  CipherList list;
  for (const std::string& suite : suites) {
    const std::string_view* longer = find(kShortSuites, suite);
    std::string name = longer != nullptr ? std::string(*longer) : suite;
    if (name == "TLS_FALLBACK_SCSV") continue;  // a signal of clients, which OpenSSL always heeds
    if (contains(kTls13Suites, name)) {
      list.has_tls13_names = true;
      continue;
    }
    const char* openssl = OPENSSL_cipher_name(name.c_str());
    bool is_known =
        name.starts_with("TLS_") && openssl != nullptr && std::string_view(openssl) != "(NONE)";
    if (contains(kGoneSuites, name)) {
      warnings.push_back(in_quotes(suite) +
                         " is left out: OpenSSL no longer has this weak cipher suite");
    } else if (is_known) {
      append(list.openssl, openssl);
    } else {
      return std::unexpected(
          in_quotes(suite) +
          " is no cipher suite; use IANA names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }
  }
  return list;
}

std::string default_groups() {
  // Why not P-521: a client may choose the group, and this one costs the server ten times as much.
  std::string usual = "X25519:P-256:P-384";
  static const bool has_post_quantum = has_group("X25519MLKEM768");
  return has_post_quantum ? "X25519MLKEM768:" + usual : usual;
}

std::expected<std::string, std::string> group_list(const std::vector<std::string>& curves,
                                                   std::vector<std::string>& warnings) {
  std::string list;
  for (const std::string& curve : curves) {
    const std::string_view* name = find(kCurves, curve);
    if (name == nullptr)
      return std::unexpected(in_quotes(curve) + " is no curve; use one of " + listed(kCurves));
    if (!has_group(std::string(*name))) {
      warnings.push_back(in_quotes(curve) +
                         " is left out: it needs OpenSSL 3.5 or later, this is " +
                         OpenSSL_version(OPENSSL_VERSION));
    } else if ((':' + list + ':').find(':' + std::string(*name) + ':') == std::string::npos) {
      append(list, *name);
    }
  }
  if (list.empty()) return default_groups();
  return list;
}

std::expected<ClientAuth, std::string> client_auth(std::string_view word, bool has_bundles) {
  if (word.empty()) return has_bundles ? ClientAuth::require_and_verify : ClientAuth::none;
  const ClientAuth* kind = find(kClientAuths, word);
  if (kind == nullptr)
    return std::unexpected(in_quotes(word) + " is no client authentication; use one of " +
                           listed(kClientAuths));
  bool is_verifying =
      *kind == ClientAuth::verify_if_given || *kind == ClientAuth::require_and_verify;
  if (is_verifying && !has_bundles)
    return std::unexpected(in_quotes(word) + " needs caFiles to verify against");
  return *kind;
}

}  // namespace fairlead::tls
