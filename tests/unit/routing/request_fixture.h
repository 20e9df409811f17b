// A request for rules to look at, made in one line. Owns its text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "routing/predicate.h"

namespace fairlead::routing {

struct RequestText {
  std::string method = "GET";
  std::string host = {};
  std::string path = "/";
  std::string query = {};
  std::string peer = "192.0.2.1";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class RequestFixture {
 public:
  explicit RequestFixture(RequestText text)
      : text_(std::move(text)), head_(arena_), peer_(*io::Address::parse(text_.peer, 4711)) {
    head_.method_text = text_.method;
    head_.method = http::method_of(text_.method);
    head_.host = text_.host;
    head_.path = text_.path;
    head_.query = text_.query;
    head_.has_query = !text_.query.empty();
    for (const auto& [name, value] : text_.headers) head_.headers.add(name, value);
  }

  MatchContext context() { return {head_, head_.path, peer_, arena_}; }
  const RequestText& text() const { return text_; }

 private:
  RequestText text_;
  Arena arena_;
  http::RequestHead head_;
  io::Address peer_;
};

}  // namespace fairlead::routing
