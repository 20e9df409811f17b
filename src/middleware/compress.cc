// compress: gives responses a content coding that the client accepts (RFC 9110 §8.4, §12.5.3).
// Streams: what the upstream has flushed goes out at once. Left as they are: answers that are
// encoded, partial, small, compressed by nature, events, gRPC, or marked no-transform. Immutable,
// all workers.
#include "middleware/compressed_body.h"
#include "middleware/content_coding.h"
#include "middleware/fields.h"
#include "middleware/media_type.h"
#include "middleware/middleware_type.h"
#include "middleware/prefetched_body.h"

namespace fairlead::middleware {
namespace {

struct Settings {
  std::vector<Coding> codings;
  Coding fallback = Coding::identity;
  uint64_t min_bytes = 1024;
  MediaTypes excluded, included;
};

bool is_never_compressed(std::string_view media_type) {
  constexpr std::string_view kGrpc = "application/grpc";
  // Why events: a proxy or library on the way that waits for a full block would hold them back.
  return http::equals_ignore_case(media_type, "text/event-stream") ||
         http::equals_ignore_case(media_type.substr(0, kGrpc.size()), kGrpc);
}

bool has_no_transform(const http::HeaderMap& headers) {
  for (const http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::cache_control) continue;
    if (any_element(field.value, [](std::string_view directive) {
          return http::equals_ignore_case(directive, "no-transform");
        })) {
      return true;
    }
  }
  return false;
}

// Fields whose value would be wrong for other bytes (RFC 9530, RFC 1864).
bool has_digest(const http::HeaderMap& headers) {
  for (std::string_view name : {"Content-Digest", "Repr-Digest", "Digest", "Content-MD5"}) {
    if (headers.find(name) != nullptr) return true;
  }
  return false;
}

void add_vary(http::HeaderMap& headers) {
  for (const http::Field& field : headers.fields()) {
    if (field.id != http::FieldId::vary) continue;
    if (any_element(field.value, [](std::string_view name) {
          return name == "*" || http::equals_ignore_case(name, "Accept-Encoding");
        })) {
      return;
    }
  }
  headers.add(http::FieldId::vary, "Accept-Encoding");
}

// The head of the same response in a coding (RFC 9110 §8.8.1: other bytes, so a weak validator).
void mark_coding(http::ResponseHead& head, Coding coding, Arena& arena) {
  http::HeaderMap& headers = head.headers;
  headers.set(http::FieldId::content_encoding, coding_name(coding));
  headers.remove(http::FieldId::content_length);
  headers.remove("Accept-Ranges");
  head.body_kind = http::BodyKind::chunked;
  std::string_view etag = headers.get(http::FieldId::etag);
  if (!etag.empty() && !etag.starts_with("W/")) {
    headers.set(http::FieldId::etag, arena.join(std::string_view("W/"), etag));
  }
}

class Compress final : public pipeline::Middleware {
 public:
  explicit Compress(Settings settings) : settings_(std::move(settings)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    const http::HeaderMap& headers = x.request.headers;
    std::string_view type = media_type_of(headers.get(http::FieldId::content_type));
    if (x.request.method == http::Method::head || is_never_compressed(type) ||
        settings_.excluded.contains(type)) {
      return next(x);
    }
    return compress(*this, x, next,
                    choose_coding(headers, {settings_.codings, settings_.fallback}));
  }

 private:
  static io::Task<pipeline::Reply> compress(const Compress& self, pipeline::Exchange& x,
                                            pipeline::Next next, Coding coding) {
    pipeline::Reply reply = co_await next(x);
    if (!reply || !self.may_compress(*reply)) co_return reply;
    if (self.is_small(x, *reply)) co_return reply;
    add_vary(reply->head->headers);
    if (coding == Coding::identity) co_return reply;
    EncoderLease encoder = lease_encoder(coding);
    if (!encoder) co_return reply;
    mark_coding(*reply->head, coding, x.arena);
    reply->body = x.arena.make<CompressedBody>(*reply->body, std::move(encoder));
    co_return reply;
  }

  bool may_compress(const pipeline::Response& response) const {
    if (response.head == nullptr || response.body == nullptr || response.tunnel != nullptr)
      return false;
    unsigned status = response.head->status;
    if (status < 200 || status == 204 || status == 206 || status == 304) return false;
    const http::HeaderMap& headers = response.head->headers;
    if (headers.find(http::FieldId::content_encoding) != nullptr ||
        headers.find(http::FieldId::content_range) != nullptr || has_no_transform(headers) ||
        has_digest(headers)) {
      return false;
    }
    std::string_view type = media_type_of(headers.get(http::FieldId::content_type));
    if (is_never_compressed(type)) return false;
    if (!settings_.included.empty()) return settings_.included.contains(type);
    return !settings_.excluded.contains(type) && !is_compressed_media(type);
  }

  // A length that is not announced is known when the whole body is here already.
  bool is_small(pipeline::Exchange& x, pipeline::Response& response) const {
    if (response.body->length() < 0) {
      auto* body = x.arena.make<PrefetchedBody>(x.arena, *response.body);
      body->prefetch(settings_.min_bytes);
      response.body = body;
      if (!body->has_end()) return false;
    }
    return static_cast<uint64_t>(response.body->length()) < settings_.min_bytes;
  }

  Settings settings_;
};

void read_codings(config::Reader& options, Settings& settings) {
  std::vector<std::string> names{"gzip", "br", "zstd"};
  bool is_set = options.read("encodings", names);
  for (const std::string& name : names) {
    if (std::optional<Coding> coding = coding_of(name)) {
      settings.codings.push_back(*coding);
    } else {
      options.error("encodings", "\"" + name + "\" is not known; use gzip, br and zstd");
    }
  }
  if (is_set && names.empty()) options.error("encodings", "needs at least one of gzip, br, zstd");
  std::string fallback;
  if (!options.read("defaultEncoding", fallback) || fallback.empty()) return;
  std::optional<Coding> coding = coding_of(fallback);
  bool is_listed = false;
  for (Coding listed : settings.codings) is_listed = is_listed || listed == coding;
  if (!coding || !is_listed) {
    options.error("defaultEncoding", "\"" + fallback + "\" is not one of encodings");
  } else {
    settings.fallback = *coding;
  }
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  read_codings(options, settings);
  int64_t min_bytes = 0;
  if (options.read("minResponseBodyBytes", min_bytes) && min_bytes < 0) {
    options.error("minResponseBodyBytes", "must not be negative");
  } else if (min_bytes > 0) {
    settings.min_bytes = static_cast<uint64_t>(min_bytes);
  }
  settings.excluded.read(options, "excludedContentTypes");
  settings.included.read(options, "includedContentTypes");
  if (!settings.excluded.empty() && !settings.included.empty()) {
    options.error("includedContentTypes", "cannot be used with excludedContentTypes; keep one");
  }
  if (options.has_errors()) return nullptr;
  return std::make_unique<Compress>(std::move(settings));
}

}  // namespace

const MiddlewareType types::compress{"compress", make};

}  // namespace fairlead::middleware
