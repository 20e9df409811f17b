#include "tls/digest.h"

#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace fairlead::tls {
namespace {

// Why: fetched once. Every EVP_md5() use would look the algorithm up again under a lock.
EVP_MD* fetch(const char* name) {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  FAIRLEAD_CHECK(algorithm != nullptr);
  return algorithm;
}

EVP_MD_CTX* context() {
  struct Owner {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~Owner() { EVP_MD_CTX_free(context); }
  };
  thread_local Owner owner;
  return owner.context;
}

template <size_t Bytes>
Digest<Bytes> digest(const EVP_MD* algorithm, std::string_view first, std::string_view second) {
  Digest<Bytes> out;
  EVP_MD_CTX* ctx = context();
  bool is_done = EVP_DigestInit_ex2(ctx, algorithm, nullptr) == 1 &&
                 EVP_DigestUpdate(ctx, first.data(), first.size()) == 1 &&
                 EVP_DigestUpdate(ctx, second.data(), second.size()) == 1 &&
                 EVP_DigestFinal_ex(ctx, out.data(), nullptr) == 1;
  FAIRLEAD_CHECK(is_done);
  return out;
}

Sha256 sha256_of(std::string_view first, std::string_view second) {
  static const EVP_MD* algorithm = fetch("SHA2-256");
  return digest<32>(algorithm, first, second);
}

}  // namespace

Md5 md5(std::string_view bytes) {
  static const EVP_MD* algorithm = fetch("MD5");
  return digest<16>(algorithm, bytes, {});
}

Sha1 sha1(std::string_view bytes) {
  static const EVP_MD* algorithm = fetch("SHA1");
  return digest<20>(algorithm, bytes, {});
}

Sha256 sha256(std::string_view bytes) { return sha256_of(bytes, {}); }

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  constexpr size_t kBlock = 64;
  char inner[kBlock] = {};
  char outer[kBlock];
  if (key.size() > kBlock) {
    Sha256 short_key = sha256(key);
    std::memcpy(inner, short_key.data(), short_key.size());
  } else if (!key.empty()) {
    std::memcpy(inner, key.data(), key.size());
  }
  for (size_t i = 0; i < kBlock; ++i) {
    outer[i] = static_cast<char>(inner[i] ^ 0x5c);
    inner[i] = static_cast<char>(inner[i] ^ 0x36);
  }
  Sha256 inside = sha256_of({inner, kBlock}, bytes);
  Sha256 result = sha256_of({outer, kBlock}, view(inside));
  OPENSSL_cleanse(inner, sizeof inner);
  OPENSSL_cleanse(outer, sizeof outer);
  return result;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    auto byte = static_cast<uint8_t>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool are_equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool fill_random(void* out, size_t bytes) {
  return RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(bytes)) == 1;
}

}  // namespace fairlead::tls
