// What the HTTP/1 codec costs: nanoseconds to parse, judge and write a head. Not a test; built with
// -DFAIRLEAD_BENCH=ON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/codec/h1_parser.h"
#include "http/codec/h1_writer.h"
#include "http/semantics.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

constexpr std::string_view kCurl =
    "GET /api/v1/items?id=42 HTTP/1.1\r\n"
    "Host: shop.example\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: */*\r\n\r\n";

constexpr std::string_view kTen =
    "GET /api/v1/items?id=42 HTTP/1.1\r\n"
    "Host: shop.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://shop.example/items\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef\r\n"
    "X-Requested-With: XMLHttpRequest\r\n"
    "Cache-Control: no-cache\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /articles/2024/05/how-it-works.html?utm_source=feed&utm_medium=rss HTTP/1.1\r\n"
    "Host: www.shop.example\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    "\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.shop.example/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes; "
    "_ga=GA1.1.1234567890.1700000000\r\n\r\n";

enum class Work { parse, judge, write };

size_t once(std::string_view bytes, Work work, char* out) {
  Arena arena;
  RequestHead head(arena);
  HeadParser parser(HeadParser::Kind::request);
  auto parsed = parser.parse(bytes, arena, head);
  if (!parsed || *parsed != bytes.size()) std::abort();
  if (work == Work::parse) return head.headers.size();
  if (!check_request(head, arena, {})) std::abort();
  if (work == Work::judge) return head.path.size();
  strip_hop_by_hop(head.headers);
  Framing framing{.kind = head.body_kind};
  if (head_bytes(head, framing) > 16384) std::abort();
  return write_request_head(head, head.authority, framing, out);
}

double nanoseconds(std::string_view bytes, Work work) {
  static char out[16384];
  constexpr int kRounds = 200'000;
  double best = 1e9;
  size_t sum = 0;
  for (int repeat = 0; repeat < 7; ++repeat) {
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) sum += once(bytes, work, out);
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / kRounds);
  }
  if (sum == 0) std::abort();
  return best;
}

void report(const char* name, std::string_view bytes) {
  std::printf("%-10s %5zu bytes: parse %6.1f ns, + judge %6.1f ns, + strip and write %6.1f ns\n",
              name, bytes.size(), nanoseconds(bytes, Work::parse), nanoseconds(bytes, Work::judge),
              nanoseconds(bytes, Work::write));
}

}  // namespace

int main() {
  report("curl", kCurl);
  report("10 fields", kTen);
  report("browser", kBrowser);
}
