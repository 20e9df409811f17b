// What the whoami server answers. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::command {

struct WhoamiHost {
  std::string name;  // --name, may be empty
  std::string hostname;
  std::vector<std::string> addresses;
};

struct WhoamiRequest {
  std::string method, target, version;  // "GET", "/data?size=3", "HTTP/1.1"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer;  // "127.0.0.1:4242"
  int64_t content_length = 0;
  bool is_chunked = false;

  std::string_view header(std::string_view name) const;  // without case; "" when absent
  bool keeps_alive() const;
};

// False when the bytes up to the empty line are no request head.
bool parse_whoami_head(std::string_view head, WhoamiRequest& out);

struct WhoamiReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  int64_t filler_bytes = 0;  // instead of a body: so many bytes
  int64_t wait_ms = 0;       // answer so much later
};

// `health` is the status of /health, which a POST to it sets.
WhoamiReply whoami_reply(const WhoamiRequest& request, const WhoamiHost& host, int& health);
std::string whoami_head(const WhoamiReply& reply, bool keeps_alive);

}  // namespace fairlead::command
