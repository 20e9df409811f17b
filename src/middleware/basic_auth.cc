// basicAuth: lets in who gives the name and password of a listed user (RFC 7617). Slow hashes are
// checked on the thread pool, each credential once at a time, and found right they count for a
// while without checking. A user that does not exist takes as long as one that does. Immutable, all
// workers; what was found right is a worker's own.
#include "base/base64.h"
#include "io/work.h"
#include "middleware/credentials.h"
#include "middleware/fields.h"
#include "middleware/middleware_type.h"
#include "middleware/password.h"
#include "middleware/verified.h"

namespace fairlead::middleware {
namespace {

// Longer ones are refused unread: no user has them, and hashing them is work for nothing.
constexpr size_t kMaxCredentialBytes = 1024;

struct Settings {
  Credentials credentials;
  std::string challenge;     // value of WWW-Authenticate
  std::string header_field;  // "" for none
  bool removes_header = false;
  io::Duration cache_time{60'000};
  io::SlotId slot;
};

// What a request claims. Text lives in its arena.
struct Attempt {
  std::string_view user;
  std::string_view password;
  const std::string* hash = nullptr;  // of the user, or the decoy
  bool is_known_user = false;
  tls::Sha256 key{};
};

class BasicAuth final : public pipeline::Middleware {
 public:
  explicit BasicAuth(Settings settings) : settings_(std::move(settings)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    Attempt attempt;
    if (!read_attempt(x, attempt)) return challenge(x);
    x.record.user = attempt.user;
    if (is_cheap_hash(*attempt.hash)) {
      bool is_right = is_right_password(attempt.password, *attempt.hash) && attempt.is_known_user;
      return is_right ? let_in(x, next, attempt) : io::Task<pipeline::Reply>(challenge(x));
    }
    attempt.key =
        fingerprint(x.arena.join(attempt.user, std::string_view("\0", 1), attempt.password,
                                 std::string_view("\0", 1), *attempt.hash));
    if (attempt.is_known_user && state(x).cache.contains(attempt.key, x.worker().loop().now())) {
      return let_in(x, next, attempt);
    }
    return check_first(*this, x, next, attempt);
  }

 private:
  VerifiedState& state(pipeline::Exchange& x) const {
    return x.worker().local<VerifiedState>(settings_.slot);
  }

  // False when the request carries no well-formed credentials.
  bool read_attempt(pipeline::Exchange& x, Attempt& attempt) const {
    constexpr std::string_view kScheme = "Basic ";
    std::string_view field = x.request.headers.get(http::FieldId::authorization);
    if (!http::equals_ignore_case(field.substr(0, kScheme.size()), kScheme)) return false;
    field.remove_prefix(kScheme.size());
    if (field.size() > kMaxCredentialBytes) return false;
    char* out = x.arena.take_chars(base64_decoded_bound(field.size()));
    std::optional<std::string_view> pair = base64_decode(field, out);
    if (!pair || pair->find('\0') != std::string_view::npos) return false;
    size_t colon = pair->find(':');
    if (colon == std::string_view::npos) return false;
    attempt.user = pair->substr(0, colon);
    attempt.password = pair->substr(colon + 1);
    const std::string* hash = settings_.credentials.hash_of(attempt.user);
    attempt.is_known_user = hash != nullptr;
    attempt.hash = hash != nullptr ? hash : &settings_.credentials.decoy();
    return true;
  }

  pipeline::Response challenge(pipeline::Exchange& x) const {
    pipeline::Response response = x.reply(401, "401 Unauthorized\n");
    response.head->headers.set(http::FieldId::www_authenticate, settings_.challenge);
    return response;
  }

  io::Task<pipeline::Reply> let_in(pipeline::Exchange& x, pipeline::Next next,
                                   const Attempt& attempt) const {
    http::HeaderMap& headers = x.request.headers;
    if (!settings_.header_field.empty())
      set_trusted_field(headers, settings_.header_field, attempt.user);
    if (settings_.removes_header) headers.remove(http::FieldId::authorization);
    return next(x);
  }

  static io::Task<pipeline::Reply> check_first(const BasicAuth& self, pipeline::Exchange& x,
                                               pipeline::Next next, Attempt attempt) {
    Result<bool> is_right = co_await check(self, x, attempt);
    if (!is_right) co_return fail(is_right.error());
    if (!*is_right) co_return self.challenge(x);
    co_return co_await self.let_in(x, next, attempt);
  }

  static io::Task<Result<bool>> check(const BasicAuth& self, pipeline::Exchange& x,
                                      const Attempt& attempt) {
    if (CheckInFlight* other = self.state(x).find(attempt.key)) {
      CheckFollower follower;
      other->followers.push_back(follower);
      Result<void> waited = co_await follower.done.wait(&x.scope);
      if (!waited) co_return fail(waited.error());
      co_return follower.is_right;
    }
    CheckInFlight flight(attempt.key);
    self.state(x).checks.push_back(flight);
    bool is_right = false;
    std::function<void()> job = [&is_right, &attempt] {
      is_right = is_right_password(attempt.password, *attempt.hash);
    };
    co_await io::run_on_pool(std::move(job));
    is_right = is_right && attempt.is_known_user;
    flight.finish(is_right);
    if (is_right && self.settings_.cache_time > io::Duration::zero()) {
      self.state(x).cache.add(attempt.key, x.worker().loop().now() + self.settings_.cache_time);
    }
    co_return is_right;
  }

  Settings settings_;
};

// RFC 9110 §5.6.4.
std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  std::string realm = "traefik";
  settings.credentials = Credentials::read(options);
  options.read("realm", realm);
  options.read("removeHeader", settings.removes_header);
  options.read("headerField", settings.header_field);
  options.read("cache", settings.cache_time);
  if (realm.empty()) realm = "traefik";
  if (!check_field_value(options, "realm", realm)) realm = "traefik";
  settings.challenge = "Basic realm=" + quoted_string(realm);
  if (!settings.header_field.empty() && !is_field_name(settings.header_field)) {
    options.error("headerField",
                  "\"" + settings.header_field + "\" is not the name of a header field");
    settings.header_field.clear();
  }
  if (settings.credentials.empty()) {
    if (!options.has_errors())
      options.error("users", "needs at least one usable user here or in usersFile");
    return nullptr;
  }
  settings.slot = context.slot("verified");
  return std::make_unique<BasicAuth>(std::move(settings));
}

}  // namespace

const MiddlewareType types::basic_auth{"basicAuth", make};

}  // namespace fairlead::middleware
