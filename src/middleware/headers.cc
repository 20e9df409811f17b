// headers: sets and deletes fields of requests and answers, answers CORS preflights, tells browsers
// about security. Order: preflight, request fields, host check, upstream, security fields, custom
// fields, CORS. Immutable, all workers.
#include "middleware/cors.h"
#include "middleware/fields.h"
#include "middleware/middleware_type.h"
#include "middleware/security_headers.h"

namespace fairlead::middleware {
namespace {

struct RequestFields {
  std::vector<FieldRule> rules;
  std::string authority;  // Host was given: how it is sent
  std::string host;       // and as routers see it
  bool omits_forwarded_for = false;
};

class Headers final : public pipeline::Middleware {
 public:
  Headers(RequestFields request, std::vector<FieldRule> response, Cors cors,
          SecurityHeaders security)
      : request_(std::move(request)),
        response_(std::move(response)),
        cors_(std::move(cors)),
        security_(std::move(security)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    if (cors_.is_preflight(x.request)) return cors_.answer_preflight(x);
    edit_request(x);
    std::string_view origin = x.request.headers.get(http::FieldId::origin);
    if (!security_.allows_host(x.request)) {
      pipeline::Response refusal = x.reply(500, "Bad Host\n");
      mark_custom(origin, *refusal.head);
      return refusal;
    }
    if (!cors_.is_active() && response_.empty() && !security_.edits_responses()) return next(x);
    return edit_response(*this, x, next, origin, security_.is_secure(x));
  }

 private:
  void edit_request(pipeline::Exchange& x) const {
    for (const FieldRule& rule : request_.rules) {
      rule.apply(x.request.headers);
      unlist_from_connection(x.request.headers, rule.name);
    }
    if (!request_.authority.empty()) {
      x.request.authority = request_.authority;
      x.request.host = request_.host;
      if (x.request.headers.find(http::FieldId::host) != nullptr) {
        x.request.headers.set(http::FieldId::host, request_.authority);
      }
    }
    // The forwarder then has nothing to append.
    if (request_.omits_forwarded_for) x.has_forwarded_for = true;
  }

  void mark_custom(std::string_view origin, http::ResponseHead& head) const {
    for (const FieldRule& rule : response_) rule.apply(head.headers);
    cors_.mark(origin, head);
  }

  // Why origin and is_secure are taken before: the forwarder changes the request's fields.
  static io::Task<pipeline::Reply> edit_response(const Headers& self, pipeline::Exchange& x,
                                                 pipeline::Next next, std::string_view origin,
                                                 bool is_secure) {
    pipeline::Reply reply = co_await next(x);
    if (!reply) x.edit_later(*x.arena.make<ErrorMark>(self, origin, is_secure));
    if (reply && reply->head != nullptr) self.mark(origin, is_secure, *reply->head);
    co_return reply;
  }

  void mark(std::string_view origin, bool is_secure, http::ResponseHead& head) const {
    security_.mark(is_secure, head);
    mark_custom(origin, head);
  }

  // A browser is told as much of an answer that Fairlead makes itself, such as 502.
  class ErrorMark final : public pipeline::LateEdit {
   public:
    ErrorMark(const Headers& self, std::string_view origin, bool is_secure)
        : self_(self), origin_(origin), is_secure_(is_secure) {}
    void apply(http::ResponseHead& head) const override { self_.mark(origin_, is_secure_, head); }

   private:
    const Headers& self_;
    std::string_view origin_;
    bool is_secure_;
  };

  RequestFields request_;
  std::vector<FieldRule> response_;
  Cors cors_;
  SecurityHeaders security_;
};

std::string host_of(std::string_view authority) {
  size_t colon = authority.rfind(':');
  size_t bracket = authority.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  std::string host(authority);
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return host;
}

RequestFields read_request_fields(config::Reader& options) {
  RequestFields fields;
  for (FieldRule& rule : read_field_rules(options, "customRequestHeaders")) {
    if (http::equals_ignore_case(rule.name, "Host")) {
      if (rule.value.empty()) {
        options.error("customRequestHeaders.Host",
                      "cannot be deleted; give the host the upstream shall see");
        continue;
      }
      fields.authority = rule.value;
      fields.host = host_of(rule.value);
      continue;
    }
    if (rule.value.empty() && http::equals_ignore_case(rule.name, "X-Forwarded-For")) {
      fields.omits_forwarded_for = true;
    }
    fields.rules.push_back(std::move(rule));
  }
  return fields;
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  RequestFields request = read_request_fields(options);
  std::vector<FieldRule> response = read_field_rules(options, "customResponseHeaders");
  Cors cors = Cors::read(options);
  SecurityHeaders security = SecurityHeaders::read(options);
  return std::make_unique<Headers>(std::move(request), std::move(response), std::move(cors),
                                   std::move(security));
}

}  // namespace

const MiddlewareType types::headers{"headers", make};

}  // namespace fairlead::middleware
