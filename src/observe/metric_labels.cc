#include "observe/metric_labels.h"

#include <array>

#include "observe/log_entry.h"

namespace fairlead::observe {
namespace {

constexpr std::string_view kProtocolLabels[] = {"http", "websocket", "sse", "grpc", "grpc-web"};
static_assert(std::size(kProtocolLabels) == kProtocols);

constexpr std::string_view kMethodLabels[] = {
    "EXTENSION_METHOD", "GET",     "HEAD",    "POST",  "PUT", "PATCH",
    "DELETE",           "CONNECT", "OPTIONS", "TRACE", "PRI"};
static_assert(std::size(kMethodLabels) == kMethods);

// The IANA registry of status codes, some that proxies made popular, and a catch-all a class (x99).
constexpr uint16_t kCodeLabels[] = {
    0,   100, 101, 102, 103, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 299, 300,
    301, 302, 303, 304, 305, 306, 307, 308, 399, 400, 401, 402, 403, 404, 405, 406, 407, 408,
    409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429,
    431, 444, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 525, 599};
static_assert(std::size(kCodeLabels) == kCodes);

constexpr auto kCodeNumbers = [] {
  std::array<uint8_t, 600> numbers{};
  for (uint8_t i = 1; i < kCodes; ++i) numbers[kCodeLabels[i]] = i;
  for (size_t status = 100; status < 600; ++status) {
    if (numbers[status] == 0) numbers[status] = numbers[status / 100 * 100 + 99];
  }
  return numbers;
}();

}  // namespace

std::string_view label(Protocol protocol) { return kProtocolLabels[static_cast<size_t>(protocol)]; }

Protocol protocol_of(std::string_view upgrade, std::string_view content_type,
                     std::string_view accept) {
  if (equal_without_case(upgrade, "websocket")) return Protocol::websocket;
  if (equal_without_case(accept, "text/event-stream")) return Protocol::sse;
  if (content_type.starts_with("application/grpc-web")) return Protocol::grpc_web;
  if (content_type.starts_with("application/grpc")) return Protocol::grpc;
  return Protocol::http;
}

uint8_t method_number(std::string_view method) {
  for (uint8_t i = 1; i < kMethods; ++i) {
    if (kMethodLabels[i] == method) return i;
  }
  return 0;
}

std::string_view method_label(uint8_t number) { return kMethodLabels[number]; }

uint8_t code_number(uint16_t status) { return status < 600 ? kCodeNumbers[status] : 0; }

uint16_t code_label(uint8_t number) { return kCodeLabels[number]; }

}  // namespace fairlead::observe
