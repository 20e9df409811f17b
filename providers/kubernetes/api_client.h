// One API server: requests with credentials, answers that are JSON or a Status with what went
// wrong. Owned by the provider; control thread; `fetch` outlives it.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "fetch/client.h"
#include "providers/kubernetes/credentials.h"
#include "providers/kubernetes/json_view.h"

namespace fairlead::providers::kubernetes {

// What the API server (or the way to it) has against a request.
struct ApiFault {
  int status = 0;      // HTTP; 0: there was no answer
  std::string reason;  // "Expired", "Forbidden" …
  std::string text;    // for people
  io::Duration retry_after{0};
  bool is_gone() const { return status == 410; }
};

template <class T>
using ApiResult = std::expected<T, ApiFault>;

class ApiClient {
 public:
  ApiClient(Access access, fetch::Client& fetch) : credentials_(std::move(access)), fetch_(fetch) {}

  const Access& access() const { return credentials_.access(); }

  // `path` begins with "/api"; a body is sent with its type.
  io::Task<ApiResult<Json>> send(std::string method, std::string path, io::Scope& scope,
                                 std::string body = {}, std::string content_type = {});
  // Answers of status 200 only.
  io::Task<ApiResult<std::unique_ptr<fetch::ByteStream>>> open_bytes(std::string path,
                                                                     io::Scope& scope);
  io::Task<ApiResult<std::unique_ptr<fetch::LineStream>>> open_lines(std::string path,
                                                                     io::Scope& scope);

 private:
  io::Task<ApiResult<fetch::Request>> request(std::string method, std::string path);
  ApiFault refused(int status, std::string_view retry_after, const std::string& what,
                   std::string_view body);

  Credentials credentials_;
  fetch::Client& fetch_;
};

// "…/namespaces/a b" → with the characters that a URL cannot hold escaped.
std::string escape_query(std::string_view text);
// The `message` and `reason` of a Status.
ApiFault fault_of_status(int status, const Json& body);

}  // namespace fairlead::providers::kubernetes
