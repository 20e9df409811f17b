// redirectScheme: sends clients to the same place under another scheme, usually https. Immutable,
// all workers.
#include "middleware/middleware_type.h"
#include "middleware/redirect.h"

namespace fairlead::middleware {
namespace {

class RedirectScheme final : public pipeline::Middleware {
 public:
  RedirectScheme(std::string scheme, std::string port, Permanence permanence, unsigned status)
      : scheme_(std::move(scheme)),
        port_(std::move(port)),
        permanence_(permanence),
        status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    UrlParts parts = url_of(x, client_scheme(x));
    if (parts.scheme == scheme_ && parts.port == port_) return next(x);
    parts.scheme = scheme_;
    parts.port = port_;
    return redirect(x, join_url(x.arena, parts), permanence_, status_);
  }

 private:
  // Why X-Forwarded-Proto: behind a TLS-terminating proxy the connection is always plain, and a
  // redirect to https would go in circles. The entry point removes the field when the peer is not
  // trusted.
  static std::string_view client_scheme(const pipeline::Exchange& x) {
    std::string_view proto = x.request.headers.get(http::FieldId::x_forwarded_proto);
    if (http::equals_ignore_case(proto, "https") || http::equals_ignore_case(proto, "wss"))
      return "https";
    if (http::equals_ignore_case(proto, "http") || http::equals_ignore_case(proto, "ws"))
      return "http";
    return connection_scheme(x);
  }

  std::string scheme_;
  std::string port_;  // with its colon; "" when it is the scheme's own
  Permanence permanence_;
  unsigned status_;
};

bool is_scheme(std::string_view text) {
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text.front())) return false;
  for (char c : text) {
    if (!is_letter(c) && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  std::string scheme;
  std::string port;
  bool is_permanent = false;
  options.read("scheme", scheme);
  options.read("port", port);
  options.read("permanent", is_permanent);
  unsigned status = read_redirect_status(options);
  if (options.has_errors()) return nullptr;
  if (!is_scheme(scheme)) {
    options.error("scheme", scheme.empty() ? "is required, usually \"https\""
                                           : "is not the name of a scheme");
    return nullptr;
  }
  if (!port.empty()) {
    std::optional<int64_t> number = config::parse_integer(port);
    if (!number || *number < 1 || *number > 65535) {
      options.error("port", "must be a number from 1 to 65535");
      return nullptr;
    }
    bool is_own = (scheme == "http" && *number == 80) || (scheme == "https" && *number == 443);
    port = is_own ? "" : ":" + std::to_string(*number);
  }
  return std::make_unique<RedirectScheme>(
      std::move(scheme), std::move(port),
      is_permanent ? Permanence::permanent : Permanence::temporary, status);
}

}  // namespace

const MiddlewareType types::redirect_scheme{"redirectScheme", make};

}  // namespace fairlead::middleware
