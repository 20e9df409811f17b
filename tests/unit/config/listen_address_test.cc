#include <doctest/doctest.h>

#include "config/entry_point.h"

using namespace fairlead::config;

namespace {

std::string texts(std::string_view text) {
  auto all = parse_listen_addresses(text);
  if (!all) return "error: " + all.error();
  std::string out;
  for (const ListenAddress& one : *all) out += (out.empty() ? "" : " ") + one.text();
  return out;
}

}  // namespace

TEST_CASE("listen_addresses_are_taken_apart") {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {":80", ":80"},
      {"127.0.0.1:80/tcp, [::1]:80", "127.0.0.1:80 [::1]:80"},
      {"unix:/run/web.sock,:80", "unix:/run/web.sock :80"},
      {"unix:///run/web.sock", "unix:/run/web.sock"},
      {":53/udp,[::1]:53/UDP", ":53/udp [::1]:53/udp"},
      {":80,", "error: \"\" has no port; write [host]:port, such as \":80\""},
      {":80,:80", "error: names :80 twice"},
      {":80,:53/udp", "error: mixes TCP and UDP; declare one entry point for each"},
      {"unix:run/web.sock", "error: expects an absolute path behind unix:, got \"run/web.sock\""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    CHECK(texts(one.text) == one.expected);
  }
}
