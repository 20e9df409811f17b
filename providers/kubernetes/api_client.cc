#include "providers/kubernetes/api_client.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/version.h"

namespace fairlead::providers::kubernetes {

namespace {

constexpr io::Timeout kFaultPatience{io::Duration(2'000), Code::upstream_idle_timeout,
                                     Side::upstream};

std::string first_line(std::string_view body) {
  constexpr size_t kMost = 200;
  std::string line(body.substr(0, std::min(body.find('\n'), kMost)));
  return line;
}

io::Duration seconds_of(std::string_view header) {
  int64_t seconds = 0;
  std::from_chars(header.data(), header.data() + header.size(), seconds);
  return io::Duration(std::clamp<int64_t>(seconds, 0, 300) * 1000);
}

ApiFault no_answer(const fetch::Failure& failure) { return {0, "", failure.text, {}}; }

}  // namespace

std::string escape_query(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string escaped;
  for (unsigned char c : text) {
    bool is_plain = std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      escaped.push_back(static_cast<char>(c));
    } else {
      escaped.append({'%', kDigits[c >> 4], kDigits[c & 15]});
    }
  }
  return escaped;
}

ApiFault fault_of_status(int status, const Json& body) {
  ApiFault fault;
  fault.status = static_cast<int>(number(body, "code", status));
  fault.reason = text(body, "reason");
  fault.text = text(body, "message");
  int64_t seconds = number(member(body, "details"), "retryAfterSeconds");
  fault.retry_after = io::Duration(std::clamp<int64_t>(seconds, 0, 300) * 1000);
  return fault;
}

io::Task<ApiResult<fetch::Request>> ApiClient::request(std::string method, std::string path) {
  auto refreshed = co_await credentials_.refresh();
  if (!refreshed) co_return std::unexpected(ApiFault{0, "", refreshed.error(), {}});
  fetch::Request asked;
  asked.method = std::move(method);
  asked.url = std::move(path);
  asked.headers = {{"Accept", "application/json"},
                   {"User-Agent", "fairlead/" + std::string(version().number) + " (" +
                                      std::string(version().os_arch) + ")"}};
  credentials_.apply(asked);
  co_return asked;
}

ApiFault ApiClient::refused(int status, std::string_view retry_after, const std::string& what,
                            std::string_view body) {
  if (status == 401) credentials_.expire();
  Json answer = parse_json_text(body);
  ApiFault fault = fault_of_status(status, answer);
  fault.status = status;
  if (fault.text.empty()) fault.text = first_line(body);
  fault.text = what + ": the API server answered " + std::to_string(status) +
               (fault.text.empty() ? "" : ": " + fault.text);
  if (!retry_after.empty()) fault.retry_after = seconds_of(retry_after);
  return fault;
}

io::Task<ApiResult<Json>> ApiClient::send(std::string method, std::string path, io::Scope& scope,
                                          std::string body, std::string content_type) {
  auto asked = co_await request(method, path);
  if (!asked) co_return std::unexpected(asked.error());
  if (!body.empty()) asked->headers.emplace_back("Content-Type", content_type);
  asked->body = std::move(body);
  auto response = co_await fetch_.send(std::move(*asked), scope);
  if (!response) co_return std::unexpected(no_answer(response.error()));
  if (!response->is_success()) {
    co_return std::unexpected(refused(response->status, response->header("Retry-After"),
                                      method + " " + path, response->body));
  }
  co_return parse_json_text(response->body);
}

io::Task<ApiResult<std::unique_ptr<fetch::ByteStream>>> ApiClient::open_bytes(std::string path,
                                                                              io::Scope& scope) {
  auto asked = co_await request("GET", path);
  if (!asked) co_return std::unexpected(asked.error());
  auto stream = co_await fetch_.open_bytes(std::move(*asked), scope);
  if (!stream) co_return std::unexpected(no_answer(stream.error()));
  if ((*stream)->status() == 200) co_return std::move(*stream);
  auto body = co_await (*stream)->next_bytes(kFaultPatience, scope);
  std::string said = body && *body ? **body : std::string();
  co_return std::unexpected(
      refused((*stream)->status(), (*stream)->header("Retry-After"), "GET " + path, said));
}

io::Task<ApiResult<std::unique_ptr<fetch::LineStream>>> ApiClient::open_lines(std::string path,
                                                                              io::Scope& scope) {
  auto asked = co_await request("GET", path);
  if (!asked) co_return std::unexpected(asked.error());
  auto stream = co_await fetch_.open_lines(std::move(*asked), scope);
  if (!stream) co_return std::unexpected(no_answer(stream.error()));
  if ((*stream)->status() == 200) co_return std::move(*stream);
  auto line = co_await (*stream)->next_line(kFaultPatience, scope);
  std::string said = line && *line ? **line : std::string();
  co_return std::unexpected(
      refused((*stream)->status(), (*stream)->header("Retry-After"), "GET " + path, said));
}

}  // namespace fairlead::providers::kubernetes
