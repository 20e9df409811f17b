// The heads of HTTP messages as every layer above the codecs sees them: method, target, status,
// header fields. Text is held as views into an Arena (the exchange's); whoever sets a field gives
// it text that lives as long. Values, one thread. RFC 9110.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"

namespace fairlead::http {

enum class FieldId : uint8_t {
  other,
#define FAIRLEAD_FIELD(id, spelling) id,
#include "http/field_names.inc"
#undef FAIRLEAD_FIELD
};

// FieldId::other when the name is not listed. ASCII case does not matter.
FieldId field_id(std::string_view name);
// The canonical spelling; "" for other.
std::string_view field_name(FieldId id);

// ASCII letters compared without case (RFC 9110 §5.1).
bool equals_ignore_case(std::string_view a, std::string_view b);

struct Field {
  std::string_view name;   // as received, or canonical
  std::string_view value;  // without surrounding blanks
  FieldId id = FieldId::other;
};

// Header fields in order of arrival. Removing marks nothing and keeps the order. Memory comes from
// the arena given at construction, which outlives the map.
class HeaderMap {
 public:
  explicit HeaderMap(Arena& arena) : arena_(&arena) {}
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;
  HeaderMap(HeaderMap&&) = default;
  HeaderMap& operator=(HeaderMap&&) = default;

  std::span<Field> fields() { return {fields_, count_}; }
  std::span<const Field> fields() const { return {fields_, count_}; }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Arena& arena() const { return *arena_; }

  // The first field of that name, or null.
  const Field* find(FieldId id) const;
  const Field* find(std::string_view name) const;
  // Its value, or "" when absent (use find() where the difference matters).
  std::string_view get(FieldId id) const;
  std::string_view get(std::string_view name) const;
  size_t count(FieldId id) const;

  // Appends without looking for others of the name. The text must live as long as the arena.
  void add(FieldId id, std::string_view value);
  void add(std::string_view name, std::string_view value);
  void add(Field field);
  // Replaces every field of the name by one; appends when there was none.
  void set(FieldId id, std::string_view value);
  void set(std::string_view name, std::string_view value);
  // Returns how many were removed.
  size_t remove(FieldId id);
  size_t remove(std::string_view name);
  template <class Claim>
  size_t remove_if(Claim claim) {
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i) {
      if (claim(fields_[i])) continue;
      if (kept != i) fields_[kept] = fields_[i];
      ++kept;
    }
    size_t removed = count_ - kept;
    count_ = static_cast<uint32_t>(kept);
    return removed;
  }
  void clear() { count_ = 0; }
  void reserve(size_t fields);

 private:
  Arena* arena_;
  Field* fields_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
};

enum class Method : uint8_t {
  other,  // any other token; its text says which
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
};

Method method_of(std::string_view text);
// RFC 9110 §9.2.2. `other` is not idempotent.
bool is_idempotent(Method method);

enum class Version : uint8_t { http10, http11, http2, http3 };
std::string_view version_text(Version version);  // "HTTP/1.1"

// How a message's body is delimited. `until_close` only on responses.
enum class BodyKind : uint8_t { none, length, chunked, until_close };

struct RequestHead {
  explicit RequestHead(Arena& arena) : headers(arena) {}

  Method method = Method::get;
  Version version = Version::http11;
  BodyKind body_kind = BodyKind::none;
  bool is_keep_alive = true;      // what the client wants
  bool expects_continue = false;  // Expect: 100-continue
  bool wants_upgrade = false;     // a well-formed upgrade request (semantics.h)
  uint64_t content_length = 0;    // when body_kind is length
  std::string_view method_text;   // "GET"
  std::string_view target;  // as received, for logs: origin, absolute, authority or asterisk form
  std::string_view scheme = "http";  // "http" or "https": of the client's connection
  std::string_view authority;        // host[:port] as received (Host, :authority or absolute form)
  std::string_view host;             // lower case, without port and trailing dot: what routers see
  std::string_view path = "/";       // escaped, normalised: what routers see and upstreams get
  std::string_view query;            // without "?"
  bool has_query = false;            // tells "/a?" from "/a"
  std::string_view upgrade;          // the Upgrade field when wants_upgrade
  HeaderMap headers;
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : headers(arena) {}

  uint16_t status = 200;
  Version version = Version::http11;
  BodyKind body_kind = BodyKind::none;
  bool is_keep_alive = true;
  uint64_t content_length = 0;  // when body_kind is length
  std::string_view reason;      // as received; may be empty
  HeaderMap headers;
};

// "OK" for 200; "" when the code is not registered.
std::string_view reason_phrase(unsigned status);

}  // namespace fairlead::http
