// errors: answers with a page of another service in place of an answer with certain statuses,
// Fairlead's own (no server, a broken upstream) included. The client gets the page with the status
// that it replaces, or the one that this is rewritten to. Immutable, all workers.
#include "middleware/discard.h"
#include "middleware/fields.h"
#include "middleware/middleware_type.h"
#include "middleware/query_escape.h"
#include "middleware/status_set.h"
#include "pipeline/subrequest.h"

namespace fairlead::middleware {
namespace {

using pipeline::Exchange;
using pipeline::Reply;
using pipeline::Response;

struct Rewrite {
  StatusRange from;
  unsigned to = 0;
};

struct Settings {
  StatusSet statuses;
  std::string service;  // qualified
  std::string query;
  std::vector<Rewrite> rewrites;
  bool passes_all_fields = true;
  std::vector<std::string> fields;  // otherwise
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

// The page is asked for as itself: not the part, the version or the body that the client spoke of.
bool is_about_the_original(const http::Field& field) {
  switch (field.id) {
    case http::FieldId::content_length:
    case http::FieldId::content_type:
    case http::FieldId::content_encoding:
    case http::FieldId::content_range:
    case http::FieldId::transfer_encoding:
    case http::FieldId::expect:
    case http::FieldId::range:
    case http::FieldId::if_modified_since:
    case http::FieldId::if_none_match:
    case http::FieldId::upgrade:
    case http::FieldId::connection:
    case http::FieldId::host:
      return true;
    default:
      break;
  }
  return http::equals_ignore_case(field.name, "If-Match") ||
         http::equals_ignore_case(field.name, "If-Range") ||
         http::equals_ignore_case(field.name, "If-Unmodified-Since");
}

class Errors final : public pipeline::Middleware {
 public:
  explicit Errors(Settings settings) : settings_(std::move(settings)) {}

  io::Task<Reply> handle(Exchange& x, pipeline::Next next) const override {
    return watch(settings_, x, next);
  }

 private:
  static io::Task<Reply> watch(const Settings& settings, Exchange& x, pipeline::Next next) {
    Arena& arena = x.arena;
    // What later links change is not what the page is asked about.
    std::string_view path = x.request.path;
    std::string_view query = x.request.query;
    bool has_query = x.request.has_query;
    Reply reply = co_await next(x);
    if (reply && reply->tunnel != nullptr) co_return reply;
    if (!reply && (reply.error().side == Side::client || x.scope.is_cancelled())) co_return reply;
    Response original = reply ? *reply : x.reply_to(reply.error());
    unsigned status = original.head->status;
    if (!settings.statuses.contains(status)) co_return reply;
    if (!reply) x.record.error = reply.error();
    discard(original);

    unsigned shown = rewritten(settings, status);
    std::string_view url = has_query ? arena.join(path, std::string_view("?"), query) : path;
    Reply page = co_await ask_for_page(settings, x, status, shown, url);
    // Whatever its status: some services of error pages answer with the one they are asked about.
    bool is_page = page && page->tunnel == nullptr;
    Response response = is_page ? *page : x.reply_with_reason(shown);
    response.head->status = static_cast<uint16_t>(shown);
    response.head->reason = {};
    if (shown == status) keep_meaning(*original.head, *response.head);
    co_return response;
  }

  // Fields without which the status is not what it says (RFC 9110 §15.5.2, §15.5.6, §10.2.3).
  static void keep_meaning(const http::ResponseHead& from, http::ResponseHead& to) {
    for (http::FieldId id : {http::FieldId::www_authenticate, http::FieldId::proxy_authenticate,
                             http::FieldId::allow, http::FieldId::retry_after}) {
      if (from.headers.find(id) == nullptr) continue;
      to.headers.remove(id);
      for (const http::Field& field : from.headers.fields()) {
        if (field.id == id) to.headers.add(field);
      }
    }
  }

  static unsigned rewritten(const Settings& settings, unsigned status) {
    for (const Rewrite& rewrite : settings.rewrites) {
      if (rewrite.from.contains(status)) return rewrite.to;
    }
    return status;
  }

  static io::Task<Reply> ask_for_page(const Settings& settings, Exchange& x, unsigned status,
                                      unsigned shown, std::string_view url) {
    const pipeline::Handler* service = x.service(settings.service);
    if (service == nullptr) return Reply(fail(Code::no_service, Side::self, Stage::route));
    std::string target = settings.query;
    replace_all(target, "{status}", std::to_string(shown));
    replace_all(target, "{originalStatus}", std::to_string(status));
    replace_all(target, "{url}", query_escaped(url));
    std::string_view text = x.arena.copy(target);
    pipeline::Subrequest& sub = pipeline::Subrequest::make(x);
    size_t mark = text.find('?');
    sub.request.path = text.substr(0, mark);
    sub.request.has_query = mark != std::string_view::npos;
    if (sub.request.has_query) sub.request.query = text.substr(mark + 1);
    for (const http::Field& field : x.request.headers.fields()) {
      if (passes(settings, field)) sub.request.headers.add(field);
    }
    sub.has_forwarded_for = x.has_forwarded_for;
    return service->handle(sub);
  }

  static bool passes(const Settings& settings, const http::Field& field) {
    if (is_about_the_original(field)) return false;
    if (settings.passes_all_fields) return true;
    for (const std::string& name : settings.fields) {
      if (http::equals_ignore_case(name, field.name)) return true;
    }
    return false;
  }

  Settings settings_;
};

void read_rewrites(config::Reader& options, Settings& settings) {
  std::map<std::string, std::string> words;
  options.read("statusRewrites", words);
  for (const auto& [from, to] : words) {
    std::optional<StatusRange> range = StatusRange::parse(from);
    std::optional<StatusRange> status = StatusRange::parse(to);
    bool is_one = status && status->first == status->last && status->first >= 200;
    if (!range || !is_one) {
      options.error("statusRewrites", "\"" + from + ": " + to +
                                          "\" does not rewrite a status; write 418: 404 or "
                                          "500-504: 500");
      continue;
    }
    settings.rewrites.push_back({*range, status->first});
  }
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  settings.statuses.read(options, "status");
  options.read("service", settings.service);
  options.read("query", settings.query);
  read_rewrites(options, settings);
  if (options.raw("errorRequestHeaders") != nullptr) {
    settings.passes_all_fields = false;
    settings.fields = read_field_names(options, "errorRequestHeaders");
  }
  if (settings.service.empty() && !options.has_errors())
    options.error("service", "is required: which service has the pages");
  if (settings.statuses.empty() && !options.has_errors())
    options.error("status", "is required: which statuses to replace, for instance 500-599");
  if (settings.query.empty()) settings.query = "/";
  if (settings.query.front() != '/') settings.query.insert(0, 1, '/');
  for (char c : settings.query) {
    if (static_cast<uint8_t>(c) > ' ' && c != '\x7f') continue;
    options.error("query", "holds blanks or control characters; write them percent-encoded");
    break;
  }
  if (options.has_errors()) return nullptr;
  context.use_service(settings.service);
  return std::make_unique<Errors>(std::move(settings));
}

}  // namespace

const MiddlewareType types::errors{"errors", make};

}  // namespace fairlead::middleware
