// grpcWeb: lets browsers call gRPC services. A request in gRPC-Web (binary or base64) becomes gRPC,
// its answer gRPC-Web, and pages of the listed origins may ask (CORS). Other requests pass
// untouched. Immutable, all workers.
#include <algorithm>

#include "middleware/fields.h"
#include "middleware/grpc_web_body.h"
#include "middleware/media_type.h"
#include "middleware/middleware_type.h"

namespace fairlead::middleware {
namespace {

using pipeline::Exchange;
using pipeline::Reply;
using pipeline::Response;

constexpr std::string_view kWeb = "application/grpc-web";
constexpr std::string_view kText = "-text";
constexpr std::string_view kGrpc = "application/grpc";

bool starts_with(std::string_view text, std::string_view prefix) {
  return http::equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

// How the client speaks: "+proto" and the like, plain or in base64.
struct Dialect {
  bool is_web = false;
  bool is_text = false;
  std::string_view format;
};

Dialect dialect_of(const Exchange& x) {
  Dialect dialect;
  std::string_view type = media_type_of(x.request.headers.get(http::FieldId::content_type));
  if (x.request.method != http::Method::post || !starts_with(type, kWeb)) return dialect;
  std::string_view rest = type.substr(kWeb.size());
  dialect.is_text = starts_with(rest, kText);
  if (dialect.is_text) rest.remove_prefix(kText.size());
  dialect.is_web = rest.empty() || rest.front() == '+';
  dialect.format = rest;
  return dialect;
}

bool is_preflight(const Exchange& x) {
  if (x.request.method != http::Method::options) return false;
  const http::HeaderMap& headers = x.request.headers;
  return headers.get("Access-Control-Request-Method") == "POST" &&
         any_element(headers.get("Access-Control-Request-Headers"), [](std::string_view name) {
           return http::equals_ignore_case(name, "x-grpc-web");
         });
}

class GrpcWeb final : public pipeline::Middleware {
 public:
  explicit GrpcWeb(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  io::Task<Reply> handle(Exchange& x, pipeline::Next next) const override {
    std::string_view origin = x.request.headers.get(http::FieldId::origin);
    bool is_allowed = !origin.empty() && allows(origin);
    if (is_preflight(x) && is_allowed) return Reply(answer_preflight(x, origin));
    Dialect dialect = dialect_of(x);
    if (!dialect.is_web) return next(x);
    return translate(x, next, dialect, is_allowed ? origin : std::string_view());
  }

 private:
  bool allows(std::string_view origin) const {
    return std::ranges::any_of(origins_, [&](const std::string& allowed) {
      return allowed == "*" || http::equals_ignore_case(allowed, origin);
    });
  }

  static Response answer_preflight(Exchange& x, std::string_view origin) {
    Response response = x.reply(204);
    http::HeaderMap& headers = response.head->headers;
    headers.add("Access-Control-Allow-Origin", origin);
    headers.add("Access-Control-Allow-Methods", "POST");
    headers.add("Access-Control-Allow-Headers",
                x.request.headers.get("Access-Control-Request-Headers"));
    headers.add("Access-Control-Allow-Credentials", "true");
    headers.add("Access-Control-Max-Age", "600");
    headers.add(http::FieldId::vary,
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    return response;
  }

  static io::Task<Reply> translate(Exchange& x, pipeline::Next next, Dialect dialect,
                                   std::string_view origin) {
    http::HeaderMap& headers = x.request.headers;
    headers.set(http::FieldId::content_type, x.arena.join(kGrpc, dialect.format));
    headers.set(http::FieldId::te, "trailers");
    if (dialect.is_text && x.request_body != nullptr) {
      x.request_body = x.arena.make<Base64Decoded>(*x.request_body);
      x.request.body_kind = http::BodyKind::chunked;
      headers.remove(http::FieldId::content_length);
    }
    Reply reply = co_await next(x);
    if (reply) to_web(x, *reply, dialect, origin);
    co_return reply;
  }

  static void to_web(Exchange& x, Response& reply, Dialect dialect, std::string_view origin) {
    http::HeaderMap& headers = reply.head->headers;
    if (!origin.empty()) {
      std::string_view exposed = "grpc-status, grpc-message";
      for (const http::Field& field : headers.fields())
        exposed = x.arena.join(exposed, std::string_view(", "), field.name);
      headers.set("Access-Control-Allow-Origin", origin);
      headers.set("Access-Control-Allow-Credentials", "true");
      headers.set("Access-Control-Expose-Headers", exposed);
      headers.add(http::FieldId::vary, "Origin");
    }
    std::string_view type = media_type_of(headers.get(http::FieldId::content_type));
    if (!starts_with(type, kGrpc)) return;  // an error that is no gRPC
    std::string_view format = type.substr(kGrpc.size());
    headers.set(http::FieldId::content_type,
                x.arena.join(kWeb, dialect.is_text ? kText : std::string_view(), format));
    if (reply.body == nullptr) return;  // its status is among the fields of the head
    headers.remove(http::FieldId::content_length);
    headers.remove(http::FieldId::trailer);
    reply.head->body_kind = http::BodyKind::chunked;
    auto form = dialect.is_text ? GrpcWebResponse::Form::text : GrpcWebResponse::Form::binary;
    reply.body = x.arena.make<GrpcWebResponse>(*reply.body, form);
  }

  std::vector<std::string> origins_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::vector<std::string> origins;
  options.read("allowOrigins", origins);
  if (options.has_errors()) return nullptr;
  return std::make_unique<GrpcWeb>(std::move(origins));
}

}  // namespace

const MiddlewareType types::grpc_web{"grpcWeb", make};

}  // namespace fairlead::middleware
