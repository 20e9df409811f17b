// forwardAuth: asks another service whether a request may pass. An answer of 2xx lets it, with
// fields of that answer; any other answer is the client's. Fails closed. Immutable, all workers;
// the service is one of the configuration (control/auth_origins.h), with its own pool and TLS.
#include <algorithm>

#include "middleware/discard.h"
#include "middleware/fields.h"
#include "middleware/forward_auth_request.h"
#include "middleware/middleware_type.h"
#include "middleware/regex.h"
#include "middleware/set_cookie.h"
#include "pipeline/subrequest.h"

namespace fairlead::middleware {
namespace {

using pipeline::Exchange;
using pipeline::Reply;
using pipeline::Response;

constexpr io::Duration kPatience{30'000};
// Of what is passed to the client in place of its answer, when nothing else is said.
constexpr uint64_t kMaxAnswer = 8 * 1024 * 1024;
constexpr uint64_t kUnlimited = UINT64_MAX;

struct Settings {
  AuthQuestion question;
  std::string service;
  std::vector<std::string> response_fields;
  Regex response_pattern;
  std::vector<std::string> cookies;
  std::string user_field;
  std::string signin_url;
  bool sends_body = false;
  bool keeps_location = false;
  uint64_t max_body = kUnlimited;
  uint64_t max_answer = kUnlimited;
};

// The authentication service's answer, in the arena of the exchange it is about.
struct Verdict {
  http::ResponseHead* head = nullptr;
  std::string_view body;
};

std::string_view resolve_location(std::string_view location, const AuthAddress& base,
                                  Arena& arena) {
  size_t colon = location.find(':');
  bool is_absolute = colon != std::string_view::npos && colon < location.find_first_of("/?#");
  if (is_absolute) return location;
  if (location.starts_with("//"))
    return arena.join(std::string_view(base.scheme), std::string_view(":"), location);
  if (location.starts_with('/')) return arena.join(std::string_view(base.server), location);
  std::string_view folder(base.path);
  if (location.starts_with('?') || location.starts_with('#') || location.empty())
    return arena.join(std::string_view(base.server), folder, location);
  folder = folder.substr(0, folder.rfind('/') + 1);
  return arena.join(std::string_view(base.server), folder, location);
}

class ForwardAuth final : public pipeline::Middleware {
 public:
  explicit ForwardAuth(Settings settings) : settings_(std::move(settings)) {}

  io::Task<Reply> handle(Exchange& x, pipeline::Next next) const override {
    return judge(settings_, x, next);
  }

 private:
  static io::Task<Reply> judge(const Settings& settings, Exchange& x, pipeline::Next next) {
    std::string_view body;
    if (settings.sends_body && x.request_body != nullptr) {
      Result<std::string_view> taken = co_await take_body(settings, x);
      if (!taken && taken.error().code == Code::body_too_large) co_return x.reply_with_reason(401);
      if (!taken) co_return fail(taken.error());
      body = *taken;
    }
    Result<Verdict> verdict = co_await ask_service(settings, x, body);
    if (!verdict) {
      if (x.scope.is_cancelled()) co_return fail(x.scope.error());
      if (verdict.error().code == Code::body_too_large) co_return x.reply_with_reason(401);
      x.record.error = verdict.error();
      co_return x.reply_with_reason(500);
    }
    note_user(settings, x, *verdict);
    unsigned status = verdict->head->status;
    if (status < 200 || status >= 300) co_return refuse(settings, x, *verdict);
    pass_fields(settings, x, verdict->head->headers);
    Reply reply = co_await next(x);
    if (reply && !settings.cookies.empty()) add_cookies(settings, *reply, *verdict);
    co_return reply;
  }

  // The whole body, which is there for the service afterwards as well.
  static io::Task<Result<std::string_view>> take_body(const Settings& settings, Exchange& x) {
    int64_t length = x.request_body->length();
    if (length >= 0 && static_cast<uint64_t>(length) > settings.max_body)
      co_return fail(Code::body_too_large);
    Result<std::string_view> body =
        co_await pipeline::read_whole(*x.request_body, settings.max_body, x.arena);
    if (body) {
      x.request_body = x.arena.make<http::FixedBody>(*body);
      x.request.expects_continue = false;
      x.request.body_kind = http::BodyKind::length;
      x.request.content_length = body->size();
    }
    co_return body;
  }

  // In an arena of its own, so that its connection is free for others while the request goes on.
  static io::Task<Result<Verdict>> ask_service(const Settings& settings, Exchange& x,
                                               std::string_view body) {
    const pipeline::Handler* service = x.service(settings.service);
    if (service == nullptr) co_return fail(Code::no_service, Side::self, Stage::route);
    Arena arena;
    pipeline::Subrequest sub(x, arena);
    ask(settings.question, x, sub);
    if (settings.sends_body && x.request_body != nullptr) {
      sub.request_body = arena.make<http::FixedBody>(body);
      sub.request.body_kind = http::BodyKind::length;
      sub.request.content_length = body.size();
      const http::Field* type = x.request.headers.find(http::FieldId::content_type);
      if (type != nullptr) sub.request.headers.set(http::FieldId::content_type, type->value);
    }
    sub.scope.set_deadline(
        {kPatience, Code::upstream_head_timeout, Side::upstream, Stage::response_head});
    Reply reply = co_await service->handle(sub);
    Result<Verdict> verdict = co_await take_verdict(settings, x, reply);
    co_await sub.end();
    co_return verdict;
  }

  static io::Task<Result<Verdict>> take_verdict(const Settings& settings, Exchange& x,
                                                const Reply& reply) {
    if (!reply) co_return fail(reply.error());
    if (reply->tunnel != nullptr) co_return fail(Code::bad_upgrade, Side::upstream);
    Verdict verdict;
    bool lets_pass = reply->head->status >= 200 && reply->head->status < 300;
    if (lets_pass && settings.max_answer == kUnlimited) {
      discard(*reply);  // nobody needs the words of a yes
    } else if (reply->body != nullptr) {
      uint64_t most = std::min(settings.max_answer, kMaxAnswer);
      Result<std::string_view> body = co_await pipeline::read_whole(*reply->body, most, x.arena);
      if (!body) co_return fail(body.error());
      verdict.body = *body;
    }
    verdict.head = x.arena.make<http::ResponseHead>(x.arena);
    verdict.head->status = reply->head->status;
    for (const http::Field& field : reply->head->headers.fields()) {
      if (field.id == http::FieldId::content_length) continue;
      verdict.head->headers.add({x.arena.copy(field.name), x.arena.copy(field.value), field.id});
    }
    co_return verdict;
  }

  static void note_user(const Settings& settings, Exchange& x, const Verdict& verdict) {
    if (settings.user_field.empty()) return;
    std::string_view user = verdict.head->headers.get(settings.user_field);
    if (!user.empty()) x.record.user = user;
  }

  static Response refuse(const Settings& settings, Exchange& x, const Verdict& verdict) {
    if (verdict.head->status == 401 && !settings.signin_url.empty()) {
      Response response = x.reply_with_reason(302);
      response.head->headers.set(http::FieldId::location, settings.signin_url);
      return response;
    }
    http::HeaderMap& headers = verdict.head->headers;
    if (!settings.keeps_location) {
      std::string_view location = headers.get(http::FieldId::location);
      if (!location.empty()) {
        headers.set(http::FieldId::location,
                    resolve_location(location, settings.question.address, x.arena));
      }
    }
    Response response{verdict.head, nullptr, nullptr};
    verdict.head->body_kind = http::BodyKind::length;
    verdict.head->content_length = verdict.body.size();
    if (!verdict.body.empty()) response.body = x.arena.make<http::FixedBody>(verdict.body);
    return response;
  }

  // The service's word replaces whatever the client sent under these names.
  static void pass_fields(const Settings& settings, Exchange& x, const http::HeaderMap& said) {
    http::HeaderMap& headers = x.request.headers;
    auto matches = [&](const http::Field& field) {
      return re2::RE2::PartialMatch(field.name, *settings.response_pattern);
    };
    if (settings.response_pattern != nullptr) headers.remove_if(matches);
    for (const std::string& name : settings.response_fields) {
      remove_trusted_field(headers, name);
      for (const http::Field& field : said.fields()) {
        if (http::equals_ignore_case(field.name, name)) headers.add(field);
      }
    }
    if (settings.response_pattern == nullptr) return;
    auto is_named = [&](const http::Field& field) {
      return std::ranges::any_of(settings.response_fields, [&](const std::string& name) {
        return http::equals_ignore_case(field.name, name);
      });
    };
    for (const http::Field& field : said.fields()) {
      if (!matches(field) || is_named(field)) continue;
      if (headers.find(field.name) == nullptr) remove_trusted_field(headers, field.name);
      headers.add(field);
    }
  }

  // Cookies of these names come from the authentication service alone.
  static void add_cookies(const Settings& settings, Response& reply, const Verdict& verdict) {
    auto is_listed = [&](const http::Field& field) {
      if (field.id != http::FieldId::set_cookie) return false;
      for (const std::string& name : settings.cookies) {
        if (cookie_name(field.value) == name) return true;
      }
      return false;
    };
    bool has_any = false;
    for (const http::Field& field : verdict.head->headers.fields())
      has_any = has_any || field.id == http::FieldId::set_cookie;
    if (!has_any) return;
    reply.head->headers.remove_if(is_listed);
    for (const http::Field& field : verdict.head->headers.fields()) {
      if (is_listed(field)) reply.head->headers.add(field);
    }
  }

  Settings settings_;
};

void read_limit(config::Reader& options, std::string_view key, uint64_t& out) {
  int64_t bytes = -1;
  if (!options.read(key, bytes)) return;
  if (bytes < -1) options.error(key, "must be a number of bytes, or -1 for no limit");
  if (bytes >= 0) out = static_cast<uint64_t>(bytes);
}

void check_tls(config::Reader& options) {
  options.child("tls", [](config::Reader& tls) {
    std::string ca, cert, key;
    bool is_insecure = false;
    tls.read("ca", ca);
    tls.read("cert", cert);
    tls.read("key", key);
    tls.read("insecureSkipVerify", is_insecure);
    tls.deprecate("caOptional", "remove it: it has no effect");
    if (cert.empty() != key.empty()) tls.error(cert.empty() ? "cert" : "key", "is missing");
  });
}

void read_question(config::Reader& options, AuthQuestion& question) {
  std::string address;
  options.read("address", address);
  auto parsed = parse_auth_address(address);
  if (parsed) {
    question.address = std::move(*parsed);
  } else if (address.empty()) {
    if (!options.has_errors()) options.error("address", "is required and " + parsed.error());
  } else {
    options.error("address", parsed.error());
  }
  options.read("trustForwardHeader", question.trusts_forwarded);
  question.fields = read_field_names(options, "authRequestHeaders");
  options.read("preserveRequestMethod", question.keeps_method);
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  read_question(options, settings.question);
  check_tls(options);
  settings.response_fields = read_field_names(options, "authResponseHeaders");
  std::string pattern;
  if (options.read("authResponseHeadersRegex", pattern) && !pattern.empty()) {
    // Field names are compared without case.
    settings.response_pattern =
        compile_regex(options, "authResponseHeadersRegex", "(?i)" + pattern);
  }
  options.read("addAuthCookiesToResponse", settings.cookies);
  options.read("headerField", settings.user_field);
  options.read("forwardBody", settings.sends_body);
  read_limit(options, "maxBodySize", settings.max_body);
  read_limit(options, "maxResponseBodySize", settings.max_answer);
  options.read("preserveLocationHeader", settings.keeps_location);
  options.read("authSigninURL", settings.signin_url);
  check_field_value(options, "authSigninURL", settings.signin_url);
  if (options.has_errors()) return nullptr;
  settings.service = qualified_auth_service_name(context.name);
  context.use_service(settings.service);
  return std::make_unique<ForwardAuth>(std::move(settings));
}

}  // namespace

const MiddlewareType types::forward_auth{"forwardAuth", make};

}  // namespace fairlead::middleware
