#include "middleware/password.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include <crypt.h>

#include "base/base64.h"
#include "tls/digest.h"

namespace fairlead::middleware {
namespace {

constexpr std::string_view kApr1 = "$apr1$";
constexpr std::string_view kSha = "{SHA}";
constexpr size_t kShaBytes = kSha.size() + 28;  // base64 of 20 bytes

bool is_bcrypt(std::string_view hash) {
  return hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
}

// How long the part after the last "$" has to be; 0 for kinds we do not know.
size_t digest_chars(std::string_view hash) {
  if (hash.starts_with("$1$") || hash.starts_with(kApr1)) return 22;
  if (hash.starts_with("$5$")) return 43;
  if (hash.starts_with("$6$")) return 86;
  return is_bcrypt(hash) ? 53 : 0;  // 22 of them are the salt
}

// The two digits after "$2y$"; crypt() takes 4 to 31 but does not say so beforehand.
unsigned bcrypt_cost(std::string_view hash) {
  unsigned cost = 0;
  if (hash.size() > 6 && hash[6] == '$') std::from_chars(hash.data() + 4, hash.data() + 6, cost);
  return cost;
}

bool is_crypt64(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '/';
  });
}

std::string_view apr1_salt(std::string_view hash) {
  std::string_view rest = hash.substr(kApr1.size());
  return rest.substr(0, std::min<size_t>(rest.find('$'), 8));
}

std::string crypt_hash(const std::string& password, const std::string& setting) {
  auto state = std::make_unique<crypt_data>();  // 32 KiB: too much for a pool thread's stack
  const char* out = crypt_r(password.c_str(), setting.c_str(), state.get());
  return out == nullptr ? std::string() : std::string(out);
}

}  // namespace

std::string apr1_hash(std::string_view password, std::string_view salt) {
  constexpr std::string_view kAlphabet =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string input;
  input.append(password).append(salt).append(password);
  tls::Md5 digest = tls::md5(input);
  input.assign(password).append(kApr1).append(salt);
  for (size_t left = password.size(); left > 0; left -= std::min<size_t>(left, 16)) {
    input.append(tls::view(digest).substr(0, left));
  }
  for (size_t bits = password.size(); bits > 0; bits >>= 1)
    input += (bits & 1) != 0 ? '\0' : password.front();
  digest = tls::md5(input);
  for (unsigned round = 0; round < 1000; ++round) {
    bool is_odd = (round & 1) != 0;
    input.assign(is_odd ? password : tls::view(digest));
    if (round % 3 != 0) input.append(salt);
    if (round % 7 != 0) input.append(password);
    input.append(is_odd ? tls::view(digest) : password);
    digest = tls::md5(input);
  }
  std::string out = std::string(kApr1).append(salt) + '$';
  auto append = [&](unsigned value, unsigned chars) {
    for (; chars > 0; --chars, value >>= 6) out += kAlphabet[value & 63];
  };
  for (unsigned i = 0; i < 5; ++i) {
    unsigned last = i == 4 ? 5 : i + 12;
    append(unsigned{digest[i]} << 16 | unsigned{digest[i + 6]} << 8 | digest[last], 4);
  }
  append(digest[11], 2);
  return out;
}

std::string_view fault_of_hash(const std::string& hash) {
  if (hash.empty()) return "has no password hash";
  if (hash.starts_with(kSha)) {
    char bytes[base64_decoded_bound(28)];
    auto decoded =
        hash.size() == kShaBytes ? base64_decode(hash.substr(kSha.size()), bytes) : std::nullopt;
    return decoded && decoded->size() == 20 ? "" : "has a damaged {SHA} hash";
  }
  if (hash.starts_with("$$"))
    return "has a hash with doubled dollar signs, which only a Compose file needs";
  size_t chars = digest_chars(hash);
  if (chars == 0) return "has a password hash of an unknown kind; make one with htpasswd -B";
  std::string_view digest = std::string_view(hash).substr(hash.rfind('$') + 1);
  if (digest.size() != chars || !is_crypt64(digest)) return "has a damaged password hash";
  if (hash.starts_with(kApr1)) {
    return hash.size() == kApr1.size() + apr1_salt(hash).size() + 1 + chars
               ? ""
               : "has a damaged password hash";
  }
  if (is_bcrypt(hash) && (bcrypt_cost(hash) < 4 || bcrypt_cost(hash) > 31)) {
    return "has a bcrypt hash whose cost is not from 04 to 31";
  }
  int verdict = crypt_checksalt(hash.c_str());
  bool is_usable = verdict != CRYPT_SALT_INVALID && verdict != CRYPT_SALT_METHOD_DISABLED;
  return is_usable ? "" : "has a password hash that this system cannot check";
}

bool is_right_password(std::string_view password, const std::string& hash) {
  // Passwords end at a NUL for crypt(), and it takes no longer ones.
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE || password.find('\0') != std::string_view::npos)
    return false;
  if (hash.starts_with(kSha)) {
    char bytes[base64_decoded_bound(28)];
    auto expected = base64_decode(std::string_view(hash).substr(kSha.size()), bytes);
    return expected && tls::are_equal_secrets(tls::view(tls::sha1(password)), *expected);
  }
  std::string ours = hash.starts_with(kApr1) ? apr1_hash(password, apr1_salt(hash))
                                             : crypt_hash(std::string(password), hash);
  return tls::are_equal_secrets(ours, hash);
}

bool is_cheap_hash(std::string_view hash) { return hash.starts_with(kSha); }

unsigned cost_of_hash(std::string_view hash) {
  if (is_cheap_hash(hash)) return 0;
  if (hash.starts_with("$1$") || hash.starts_with(kApr1)) return 1;
  // bcrypt of cost 5 is about 2 ms, 5000 rounds of SHA-crypt about the same; either doubles with
  // the next step.
  if (is_bcrypt(hash)) return 1000U << std::min(bcrypt_cost(hash), 20U);
  constexpr std::string_view kRounds = "rounds=";
  unsigned rounds = 5000;
  std::string_view rest = hash.substr(3);
  if (rest.starts_with(kRounds)) {
    std::from_chars(rest.data() + kRounds.size(), rest.data() + rest.size(), rounds);
  }
  return rounds * 6;
}

}  // namespace fairlead::middleware
