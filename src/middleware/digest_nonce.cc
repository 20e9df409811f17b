#include "middleware/digest_nonce.h"

#include <charconv>
#include <cstdio>

#include "middleware/verified.h"
#include "tls/digest.h"

namespace fairlead::middleware {
namespace {

constexpr size_t kHeadChars = 32;  // time and number, 16 hex digits each

std::string seal_of(std::string_view head) {
  std::string parts = "digest nonce ";
  parts += head;
  return tls::hex(tls::view(fingerprint(parts)).substr(0, 16));
}

}  // namespace

std::string DigestNonces::make(Time now) {
  char head[kHeadChars + 1];
  std::snprintf(head, sizeof head, "%016llx%016llx", static_cast<unsigned long long>(now.count()),
                static_cast<unsigned long long>(number_.fetch_add(1)));
  return head + seal_of(head);
}

DigestNonces::Verdict DigestNonces::use(std::string_view nonce, uint32_t count, Time now) {
  if (nonce.size() != kChars) return Verdict::foreign;
  std::string_view head = nonce.substr(0, kHeadChars);
  if (!tls::are_equal_secrets(nonce.substr(kHeadChars), seal_of(head))) return Verdict::foreign;
  uint64_t ms = 0;
  std::from_chars(head.data(), head.data() + 16, ms, 16);
  Time made{static_cast<int64_t>(ms)};
  if (now - made > kLifetime) return Verdict::stale;
  bool is_new = uses_.visit(
      nonce,
      [&](Uses& uses) {
        uses.made = made;
        if (count > uses.highest) {
          uint32_t ahead = count - uses.highest;
          uses.seen = (ahead < 64 ? uses.seen << ahead : 0) | 1;
          uses.highest = count;
          return true;
        }
        uint32_t behind = uses.highest - count;
        if (behind >= 64 || (uses.seen >> behind & 1) != 0) return false;
        uses.seen |= uint64_t{1} << behind;
        return true;
      },
      [&](const Uses& uses) { return now - uses.made > kLifetime; });
  return is_new ? Verdict::fresh : Verdict::stale;
}

}  // namespace fairlead::middleware
