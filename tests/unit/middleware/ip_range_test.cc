#include "middleware/ip_range.h"

#include <doctest/doctest.h>

using fairlead::middleware::Ip;
using fairlead::middleware::IpSet;

TEST_CASE("parses_addresses_with_port_brackets_and_zone") {
  struct Row {
    std::string_view text;
    std::string_view same_as;  // "" when malformed
  };
  const Row rows[] = {
      {"192.0.2.1:80", "192.0.2.1"},
      {"[2001:db8::1]:80", "2001:db8::1"},
      {"[2001:db8::1]", "2001:db8::1"},
      {"fe80::1%eth0", "fe80::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"2001:DB8:0::1", "2001:db8::1"},
      {"", ""},
      {"unknown", ""},
      {"192.0.2", ""},
      {"192.0.2.256", ""},
      {"[::1", ""},
      {"1.2.3.4.5", ""},
      {"::1::", ""},
      {"0000:0000:0000:0000:0000:ffff:192.168.100.228.1.2.3.4.5", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto ip = Ip::parse(row.text);
    CHECK(ip.has_value() == !row.same_as.empty());
    if (ip) CHECK(*ip == *Ip::parse(row.same_as));
  }
  CHECK(Ip::parse("::ffff:192.0.2.1")->is_v4());
}

TEST_CASE("a_set_contains_what_its_ranges_say") {
  IpSet set;
  for (auto range : {"10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/33", "::1",
                     "::ffff:172.16.0.0/108", "192.168.1.77/24"}) {
    CAPTURE(range);
    CHECK(set.add(range));
  }
  const std::pair<std::string_view, bool> rows[] = {
      {"10.0.0.0", true},
      {"10.255.255.255", true},
      {"11.0.0.0", false},
      {"9.255.255.255", false},
      {"192.0.2.7", true},
      {"192.0.2.6", false},
      {"192.0.2.8", false},
      {"::ffff:10.1.2.3", true},
      {"172.16.0.1", true},
      {"172.31.255.255", true},
      {"172.32.0.0", false},
      {"192.168.1.0", true},
      {"192.168.1.255", true},
      {"192.168.2.0", false},
      {"2001:db8::ffff", true},
      {"2001:db8:7fff::", true},
      {"2001:db8:8000::", false},
      {"::1", true},
      {"::2", false},
  };
  for (auto [text, is_in] : rows) {
    CAPTURE(text);
    CHECK(set.contains(*Ip::parse(text)) == is_in);
  }
  CHECK_FALSE(set.contains(Ip()));
}

TEST_CASE("all_of_one_family_is_not_all_of_the_other") {
  IpSet v6;
  CHECK(v6.add("::/0"));
  CHECK(v6.contains(*Ip::parse("2001:db8::1")));
  CHECK_FALSE(v6.contains(*Ip::parse("192.0.2.1")));
  IpSet v4;
  CHECK(v4.add("0.0.0.0/0"));
  CHECK(v4.contains(*Ip::parse("255.255.255.255")));
  CHECK_FALSE(v4.contains(*Ip::parse("::1")));
}

TEST_CASE("overlapping_ranges_become_one") {
  IpSet set;
  for (auto range : {"10.0.2.0/24", "10.0.0.0/24", "10.0.4.0/24", "10.0.0.0/21", "10.0.3.9"})
    CHECK(set.add(range));
  CHECK(set.contains(*Ip::parse("10.0.1.1")));
  CHECK(set.contains(*Ip::parse("10.0.7.255")));
  CHECK_FALSE(set.contains(*Ip::parse("10.0.8.0")));
}

TEST_CASE("refuses_malformed_ranges") {
  for (auto range :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "2001:db8::/129", "10.0.0",
        "host", "10.0.0.1:80", "[::1]", "::ffff:10.0.0.0/8", "10.0.0.0/8/8"}) {
    CAPTURE(range);
    IpSet set;
    CHECK_FALSE(set.add(range));
    CHECK(set.empty());
  }
}
