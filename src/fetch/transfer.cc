#include "fetch/transfer.h"

#include <cstring>
#include <utility>

namespace fairlead::fetch {

namespace {

constexpr size_t kMaxHeadBytes = 256u << 10;
constexpr size_t kMaxUnreadBytes = 1u << 20;  // beyond, the connection is not read
constexpr long kMaxRedirects = 10;

bool equals_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_inline_pem(std::string_view text) {
  return text.find("-----BEGIN ") != std::string_view::npos;
}

// Sets a file or, for inline PEM, a copy of the text.
void set_pem(CURL* easy, const std::string& pem, CURLoption file, CURLoption blob) {
  if (pem.empty()) return;
  if (!is_inline_pem(pem)) {
    curl_easy_setopt(easy, file, pem.c_str());
    return;
  }
  curl_blob bytes{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, blob, &bytes);
}

Code code_of(CURLcode result) {
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Code::resolve;
    case CURLE_COULDNT_CONNECT:
      return Code::refused;
    case CURLE_OPERATION_TIMEDOUT:
      return Code::request_total_timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return Code::tls;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return Code::closed;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return Code::reset;
    default:
      return Code::io;
  }
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_without_case(key, name)) return value;
  }
  return {};
}

Transfer::Transfer(Request asked, Mode how)
    : request(std::move(asked)), mode(how), easy(curl_easy_init()), lines(request.max_line_bytes) {
  if (easy == nullptr) {
    fault = "out of memory";
    return;
  }
  set_options();
  set_headers();
  set_tls();
}

Transfer::~Transfer() {
  curl_easy_cleanup(easy);
  curl_slist_free_all(header_list);
  curl_slist_free_all(connect_list);
}

long Transfer::http_version() const {
  if (request.prefers_http2) return CURL_HTTP_VERSION_2TLS;
  if (!request.speaks_http2) return CURL_HTTP_VERSION_1_1;
  return request.url.starts_with("https:") ? CURL_HTTP_VERSION_2TLS
                                           : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
}

void Transfer::set_options() {
  auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, words);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_HTTP_VERSION, http_version());
  // Why not CURLOPT_PIPEWAIT: where the server turns out not to speak HTTP/2, libcurl (7.88) lets
  // those that wait for a shared connection wait until its endless answer ends.
  if (!request.connect_to.empty()) {
    connect_list = curl_slist_append(nullptr, ("::" + request.connect_to).c_str());
    set(CURLOPT_CONNECT_TO, connect_list);
  }
  if (request.follows_redirects) {
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
  }
  if (request.needs_fresh_connection) {
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
  }
  if (!request.target.empty()) set(CURLOPT_REQUEST_TARGET, request.target.c_str());
  set(CURLOPT_USERAGENT, "fairlead");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  // A stream's limit is on its head only, and kept by open_lines().
  if (mode == Mode::whole) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  }
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, 30L);
  set(CURLOPT_TCP_KEEPINTVL, 10L);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  if (!request.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (!request.uses_proxy_environment) set(CURLOPT_PROXY, "");
  if (!request.username.empty()) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, request.username.c_str());
    set(CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void Transfer::set_headers() {
  header_list = curl_slist_append(header_list, "Expect:");
  for (const auto& [name, value] : request.headers) {
    std::string line = name + (value.empty() ? ";" : ": " + value);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) {
      fault = "the header \"" + name + "\" holds a line break";
      return;
    }
    header_list = curl_slist_append(header_list, line.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list);
}

void Transfer::set_tls() {
  set_pem(easy, request.tls.ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
  set_pem(easy, request.tls.cert, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
  set_pem(easy, request.tls.key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
  if (request.tls.skips_verification) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

bool Transfer::take_header(std::string_view line) {
  head_bytes += line.size();
  if (head_bytes > kMaxHeadBytes) {
    is_over_limit = true;
    return false;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // an interim answer may have come before
    response.headers.clear();
    return true;
  }
  if (line.empty()) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    has_head = status >= 200;
    if (has_head && mode != Mode::whole) wake();
    return true;
  }
  size_t colon = line.find(':');
  if (colon == line.npos) return true;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  response.headers.emplace_back(line.substr(0, colon), value);
  return true;
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* context) {
  auto* self = static_cast<Transfer*>(context);
  size_t bytes = size * count;
  std::string_view text(data, bytes);
  if (self->mode == Mode::whole) {
    self->is_over_limit = self->response.body.size() + bytes > self->request.max_body_bytes;
    if (self->is_over_limit) return 0;
    self->response.body.append(text);
    return bytes;
  }
  if (self->mode == Mode::bytes) {
    if (self->unread.size() > kMaxUnreadBytes) {
      self->is_paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    self->unread.append(text);
    self->wake();
    return bytes;
  }
  if (self->lines.has_line() && self->lines.bytes() > kMaxUnreadBytes) {
    self->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  self->is_over_limit = !self->lines.append(text);
  if (self->is_over_limit) return 0;
  if (self->lines.has_line()) self->wake();
  return bytes;
}

void Transfer::finish(CURLcode how) {
  // A connection that ends within the head of an answer is fine with libcurl.
  result = how == CURLE_OK && !has_head ? CURLE_GOT_NOTHING : how;
  is_done = true;
  wake();
}

Failure Transfer::failure() const {
  if (!fault.empty()) return failure({.code = Code::internal}, fault);
  if (is_over_limit) {
    bool is_line = mode == Mode::lines && has_head;
    size_t limit = is_line ? request.max_line_bytes : request.max_body_bytes;
    std::string what = !has_head ? "the head of the answer"
                       : is_line ? "a line of the answer"
                                 : "the answer";
    return failure(
        {.code = Code::limit_reached},
        what + " is longer than " + std::to_string(has_head ? limit : kMaxHeadBytes) + " bytes");
  }
  long os = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os);
  Error error{.code = code_of(result), .side = Side::upstream, .os = static_cast<int32_t>(os)};
  std::string text = words[0] != '\0' ? words : curl_easy_strerror(result);
  if (os != 0 && result == CURLE_COULDNT_CONNECT) text = std::strerror(static_cast<int>(os));
  return failure(error, text);
}

Failure Transfer::failure(Error error, std::string_view why) const {
  std::string where = request.unix_socket.empty() ? request.url : request.unix_socket;
  return {error, request.method + " " + where + ": " + std::string(why)};
}

}  // namespace fairlead::fetch
