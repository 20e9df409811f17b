// The registered status codes and their phrases (IANA, RFC 9110 §15).
#include "http/message.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kInformational[] = {"Continue", "Switching Protocols", "Processing",
                                               "Early Hints"};
constexpr std::string_view kSuccess[] = {"OK",
                                         "Created",
                                         "Accepted",
                                         "Non-Authoritative Information",
                                         "No Content",
                                         "Reset Content",
                                         "Partial Content",
                                         "Multi-Status",
                                         "Already Reported"};
constexpr std::string_view kRedirection[] = {
    "Multiple Choices",  "Moved Permanently", "Found", "See Other",
    "Not Modified",      "Use Proxy",         "",      "Temporary Redirect",
    "Permanent Redirect"};
constexpr std::string_view kClientError[] = {"Bad Request",
                                             "Unauthorized",
                                             "Payment Required",
                                             "Forbidden",
                                             "Not Found",
                                             "Method Not Allowed",
                                             "Not Acceptable",
                                             "Proxy Authentication Required",
                                             "Request Timeout",
                                             "Conflict",
                                             "Gone",
                                             "Length Required",
                                             "Precondition Failed",
                                             "Content Too Large",
                                             "URI Too Long",
                                             "Unsupported Media Type",
                                             "Range Not Satisfiable",
                                             "Expectation Failed",
                                             "I'm a teapot",
                                             "",
                                             "",
                                             "Misdirected Request",
                                             "Unprocessable Content",
                                             "Locked",
                                             "Failed Dependency",
                                             "Too Early",
                                             "Upgrade Required",
                                             "",
                                             "Precondition Required",
                                             "Too Many Requests",
                                             "",
                                             "Request Header Fields Too Large"};
constexpr std::string_view kServerError[] = {"Internal Server Error",
                                             "Not Implemented",
                                             "Bad Gateway",
                                             "Service Unavailable",
                                             "Gateway Timeout",
                                             "HTTP Version Not Supported",
                                             "Variant Also Negotiates",
                                             "Insufficient Storage",
                                             "Loop Detected",
                                             "",
                                             "",
                                             "Network Authentication Required"};

std::string_view at(std::span<const std::string_view> phrases, unsigned index) {
  return index < phrases.size() ? phrases[index] : std::string_view();
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  switch (status / 100) {
    case 1:
      return at(kInformational, status - 100);
    case 2:
      return status == 226 ? "IM Used" : at(kSuccess, status - 200);
    case 3:
      return at(kRedirection, status - 300);
    case 4:
      if (status == 451) return "Unavailable For Legal Reasons";
      // Why: not registered, but what nginx made the name of a client that went away; access logs
      // show it.
      if (status == 499) return "Client Closed Request";
      return at(kClientError, status - 400);
    case 5:
      return at(kServerError, status - 500);
    default:
      return "";
  }
}

}  // namespace fairlead::http
