// Cross-origin sharing for the `headers` middleware: answers preflights and marks other answers
// (https://fetch.spec.whatwg.org/#http-cors-protocol). Immutable, all workers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "middleware/regex.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

class Cors {
 public:
  // Reads the accessControl… options and addVaryHeader.
  static Cors read(config::Reader& options);
  bool is_active() const { return is_active_; }

  // OPTIONS with Origin and Access-Control-Request-Method: to be answered here.
  bool is_preflight(const http::RequestHead& request) const;
  pipeline::Response answer_preflight(pipeline::Exchange& x) const;
  // `origin` is the request's Origin field, "" when it had none.
  void mark(std::string_view origin, http::ResponseHead& head) const;

 private:
  // A list of tokens as it is sent, and whether it says "*".
  struct Tokens {
    std::string text;
    bool is_any = false;
  };
  static Tokens read_tokens(config::Reader& options, std::string_view key);
  // What Access-Control-Allow-Origin says to this origin; "" when it is not allowed.
  std::string_view allowed_origin(std::string_view origin) const;
  void mark_origin(std::string_view origin, http::HeaderMap& headers) const;

  std::vector<std::string> origins_;
  std::vector<Regex> origin_regexes_;
  Tokens methods_;
  Tokens headers_;
  Tokens exposed_;
  std::string max_age_;  // "" when unset
  bool allows_credentials_ = false;
  bool adds_vary_ = false;
  bool is_active_ = false;
};

}  // namespace fairlead::middleware
