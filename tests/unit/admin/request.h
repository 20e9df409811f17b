// One request to an admin service, without a connection: the exchange it needs and the answer as
// text.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pipeline/middleware.h"
#include "support/virtual_loop.h"

namespace fairlead::testing {

class PlainExchange final : public pipeline::Exchange {
 public:
  using pipeline::Exchange::Exchange;
  io::Task<Result<void>> inform(const http::ResponseHead&) override { return Result<void>(); }
};

struct Answer {
  unsigned status = 0;
  std::string type, next_page, allow, body;
  uint64_t length = 0;
  std::map<std::string, std::string> headers;
  std::string header(const std::string& name) const {
    auto at = headers.find(name);
    return at == headers.end() ? "" : at->second;
  }
};

// `target` is a path with an optional query.
inline Answer ask(const pipeline::Handler& service, std::string_view target,
                  http::Method method = http::Method::get) {
  VirtualLoop loop;
  io::WorkerContext worker(loop, 0);
  Arena arena;
  PlainExchange x(arena, worker, nullptr);
  x.request.method = method;
  size_t mark = target.find('?');
  x.request.path = target.substr(0, mark);
  if (mark != target.npos) x.request.query = target.substr(mark + 1);
  auto reply = loop.run(service.handle(x));
  if (!reply || !*reply) return {};
  const http::ResponseHead& head = *(*reply)->head;
  Answer answer;
  answer.status = head.status;
  answer.type = head.headers.get(http::FieldId::content_type);
  answer.next_page = head.headers.get("X-Next-Page");
  answer.allow = head.headers.get("Allow");
  answer.length = head.content_length;
  for (const http::Field& field : head.headers.fields())
    answer.headers[std::string(field.name)] = field.value;
  if ((*reply)->body == nullptr) return answer;
  auto chunk = loop.run((*reply)->body->read());
  if (chunk && *chunk) answer.body = (*chunk)->bytes();
  return answer;
}

}  // namespace fairlead::testing
