// digestAuth: lets in who proves to know the password of a listed user without sending it (RFC 7616
// with MD5 and qop=auth, as RFC 2617 had it). Immutable but for the nonces, all workers.
#include <charconv>

#include "middleware/digest_nonce.h"
#include "middleware/digest_users.h"
#include "middleware/fields.h"
#include "middleware/middleware_type.h"
#include "tls/digest.h"

namespace fairlead::middleware {
namespace {

constexpr size_t kMaxCredentialBytes = 4096;

struct Settings {
  DigestUsers users;
  std::string realm;
  std::string header_field;
  bool removes_header = false;
};

// The parameters of "Authorization: Digest …", unquoted, in the arena.
struct Answer {
  std::string_view user, realm, nonce, uri, qop, count, client_nonce, response, algorithm;
};

std::string_view* place_of(Answer& answer, std::string_view name) {
  const std::pair<std::string_view, std::string_view*> places[] = {
      {"username", &answer.user},
      {"realm", &answer.realm},
      {"nonce", &answer.nonce},
      {"uri", &answer.uri},
      {"qop", &answer.qop},
      {"nc", &answer.count},
      {"cnonce", &answer.client_nonce},
      {"response", &answer.response},
      {"algorithm", &answer.algorithm}};
  for (const auto& [known, place] : places) {
    if (http::equals_ignore_case(known, name)) return place;
  }
  return nullptr;
}

void skip(std::string_view& text, std::string_view chars) {
  size_t first = text.find_first_not_of(chars);
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

// A quoted string's content, without its escapes; nothing when its end is missing.
std::optional<std::string_view> take_quoted(std::string_view& text, Arena& arena) {
  char* out = arena.take_chars(text.size());
  size_t length = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return std::string_view(out, length);
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out[length++] = text[i];
  }
  return std::nullopt;
}

// RFC 9110 §11.2. False when malformed or when a parameter comes twice.
bool read_answer(std::string_view text, Answer& answer, Arena& arena) {
  for (;;) {
    skip(text, " \t,");
    if (text.empty()) return true;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view name = text.substr(0, equals);
    name = name.substr(0, name.find_last_not_of(" \t") + 1);
    text.remove_prefix(equals + 1);
    skip(text, " \t");
    std::string_view value;
    if (text.starts_with('"')) {
      std::optional<std::string_view> quoted = take_quoted(text, arena);
      if (!quoted) return false;
      value = *quoted;
    } else {
      value = text.substr(0, text.find_first_of(" \t,"));
      text.remove_prefix(value.size());
    }
    std::string_view* place = place_of(answer, name);
    if (place == nullptr) continue;
    if (place->data() != nullptr) return false;
    *place = value;
  }
}

std::optional<uint32_t> parse_count(std::string_view text) {
  uint32_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, 16);
  bool is_whole = error == std::errc() && end == text.data() + text.size() && text.size() == 8;
  if (!is_whole || count == 0) return std::nullopt;
  return count;
}

std::string md5_hex(std::string_view text) { return tls::hex(tls::view(tls::md5(text))); }

class DigestAuth final : public pipeline::Middleware {
 public:
  explicit DigestAuth(Settings settings) : settings_(std::move(settings)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    constexpr std::string_view kScheme = "Digest ";
    std::string_view field = x.request.headers.get(http::FieldId::authorization);
    bool is_digest = http::equals_ignore_case(field.substr(0, kScheme.size()), kScheme) &&
                     field.size() <= kMaxCredentialBytes;
    Answer answer;
    if (!is_digest || !read_answer(field.substr(kScheme.size()), answer, x.arena) ||
        !is_right(x, answer)) {
      return pipeline::Reply(challenge(x, false));
    }
    std::optional<uint32_t> count = parse_count(answer.count);
    auto time = std::chrono::duration_cast<DigestNonces::Time>(now());
    auto verdict = count ? nonces_.use(answer.nonce, *count, time) : DigestNonces::Verdict::foreign;
    if (verdict != DigestNonces::Verdict::fresh) return pipeline::Reply(challenge(x, true));
    x.record.user = answer.user;
    if (!settings_.header_field.empty())
      set_trusted_field(x.request.headers, settings_.header_field, answer.user);
    if (settings_.removes_header) x.request.headers.remove(http::FieldId::authorization);
    return next(x);
  }

 private:
  static observe::Clock::duration now() { return observe::Clock::now().time_since_epoch(); }

  // The proof is right for this request, whatever its nonce.
  bool is_right(pipeline::Exchange& x, const Answer& answer) const {
    static const std::string kNobody(32, '0');
    const std::string* known = settings_.users.ha1_of(answer.user);
    const std::string& ha1 = known != nullptr ? *known : kNobody;
    bool is_ours =
        answer.realm == settings_.realm && answer.qop == "auth" &&
        (answer.algorithm.empty() || http::equals_ignore_case(answer.algorithm, "MD5")) &&
        !answer.client_nonce.empty() && answer.uri == x.request.target;
    std::string ha2 =
        md5_hex(x.arena.join(x.request.method_text, std::string_view(":"), answer.uri));
    constexpr std::string_view kColon = ":";
    std::string expected = md5_hex(x.arena.join(std::string_view(ha1), kColon, answer.nonce, kColon,
                                                answer.count, kColon, answer.client_nonce, kColon,
                                                answer.qop, kColon, std::string_view(ha2)));
    return tls::are_equal_secrets(expected, answer.response) && is_ours && known != nullptr;
  }

  // `is_stale` asks for the same proof with a new nonce, without asking the user again.
  pipeline::Response challenge(pipeline::Exchange& x, bool is_stale) const {
    pipeline::Response response = x.reply(401, "401 Unauthorized\n");
    std::string nonce = nonces_.make(std::chrono::duration_cast<DigestNonces::Time>(now()));
    std::string_view quote = "\"";
    response.head->headers.set(
        http::FieldId::www_authenticate,
        x.arena.join(std::string_view("Digest realm="), std::string_view(quoted_realm_),
                     std::string_view(", nonce=\""), std::string_view(nonce), quote,
                     std::string_view(", opaque=\""), std::string_view(opaque_), quote,
                     std::string_view(", algorithm=MD5, qop=\"auth\""),
                     std::string_view(is_stale ? ", stale=true" : "")));
    return response;
  }

  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }

  Settings settings_;
  std::string quoted_realm_ = quoted(settings_.realm);
  std::string opaque_ = md5_hex(settings_.realm);
  mutable DigestNonces nonces_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  settings.realm = "traefik";
  options.read("realm", settings.realm);
  if (settings.realm.empty()) settings.realm = "traefik";
  check_field_value(options, "realm", settings.realm);
  settings.users = DigestUsers::read(options, settings.realm);
  options.read("removeHeader", settings.removes_header);
  options.read("headerField", settings.header_field);
  if (!settings.header_field.empty() && !is_field_name(settings.header_field)) {
    options.error("headerField",
                  "\"" + settings.header_field + "\" is not the name of a header field");
  }
  if (settings.users.empty() && !options.has_errors())
    options.error("users", "needs at least one usable user here or in usersFile");
  if (options.has_errors()) return nullptr;
  return std::make_unique<DigestAuth>(std::move(settings));
}

}  // namespace

const MiddlewareType types::digest_auth{"digestAuth", make};

}  // namespace fairlead::middleware
