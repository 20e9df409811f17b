// Requests that a careless parser reads differently from its neighbour, and look-alikes that are
// fine. One table for every suite: the unit tests feed it to the codec, the end-to-end tests send
// it over a socket.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::tests {

struct RequestRow {
  std::string name;
  std::string bytes;
  Code code = Code::ok;     // of the first fault
  unsigned status = 200;    // what a client is answered; 200 stands for "passed on"
  bool must_close = false;  // the connection may not be used again
};

inline unsigned status_of(Code code) {
  switch (code) {
    case Code::ok:
      return 200;
    case Code::target_too_long:
      return 414;
    case Code::bad_expect:
      return 417;
    case Code::head_too_large:
    case Code::too_many_fields:
      return 431;
    case Code::unknown_transfer_coding:
    case Code::connect_unsupported:
      return 501;
    case Code::bad_version:
      return 505;
    default:
      return 400;
  }
}

class RequestTable {
 public:
  RequestTable() {
    add_request_lines();
    add_targets();
    add_line_ends();
    add_names();
    add_values();
    add_hosts();
    add_lengths();
    add_codings();
    add_chunks();
    add_trailers();
    add_rest();
  }
  const std::vector<RequestRow>& rows() const { return rows_; }

 private:
  void raw(std::string_view name, std::string bytes, Code code) {
    rows_.push_back({std::string(name), std::move(bytes), code, status_of(code), code != Code::ok});
  }
  void line(std::string_view name, std::string_view line, Code code) {
    raw(name, std::string(line) + "\r\nHost: a.example\r\n\r\n", code);
  }
  // A GET with these bytes after the Host line.
  void get(std::string_view name, std::string_view fields, Code code) {
    raw(name, "GET / HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) + "\r\n", code);
  }
  void post(std::string_view name, std::string_view rest, Code code) {
    raw(name, "POST / HTTP/1.1\r\nHost: a.example\r\n" + std::string(rest), code);
  }
  void host(std::string_view name, std::string_view fields, Code code) {
    raw(name, "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n", code);
  }
  void chunked(std::string_view name, std::string_view body, Code code) {
    post(name, "Transfer-Encoding: chunked\r\n\r\n" + std::string(body), code);
  }

  void add_request_lines();
  void add_targets();
  void add_line_ends();
  void add_names();
  void add_values();
  void add_hosts();
  void add_lengths();
  void add_codings();
  void add_chunks();
  void add_trailers();
  void add_rest();

  std::vector<RequestRow> rows_;
};

inline const std::vector<RequestRow>& malformed_requests() {
  static const RequestTable table;
  return table.rows();
}

inline void RequestTable::add_request_lines() {
  using namespace std::string_view_literals;
  line("plain", "GET / HTTP/1.1", Code::ok);
  line("http_1_0", "GET / HTTP/1.0", Code::ok);
  rows_.back().must_close = true;
  line("unknown_method", "PROPFIND / HTTP/1.1", Code::ok);
  line("method_of_tchars", "M!#$%&'*+-.^_`|~9 / HTTP/1.1", Code::ok);
  line("method_of_32_bytes", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1", Code::ok);
  line("method_of_33_bytes", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1", Code::bad_method);
  line("method_with_parenthesis", "GE(T / HTTP/1.1", Code::bad_method);
  line("method_with_nul", "GE\0T / HTTP/1.1"sv, Code::bad_method);
  line("tls_on_a_clear_port", "\x16\x03\x01\x02\0\x01\0"sv, Code::bad_method);
  line("blank_before_method", " GET / HTTP/1.1", Code::bad_request_line);
  line("tab_after_method", "GET\t/ HTTP/1.1", Code::bad_method);
  line("two_blanks_after_method", "GET  / HTTP/1.1", Code::bad_request_line);
  line("two_blanks_before_version", "GET /  HTTP/1.1", Code::bad_request_line);
  line("blank_in_target", "GET /a b HTTP/1.1", Code::bad_request_line);
  line("blank_after_version", "GET / HTTP/1.1 ", Code::bad_request_line);
  line("tab_before_version", "GET /\tHTTP/1.1", Code::bad_target);
  line("no_version", "GET /", Code::bad_request_line);
  line("only_a_method", "GET", Code::bad_request_line);
  line("version_lower_case", "GET / http/1.1", Code::bad_request_line);
  line("version_1_10", "GET / HTTP/1.10", Code::bad_version);
  line("version_1_2", "GET / HTTP/1.2", Code::bad_version);
  line("version_0_9", "GET / HTTP/0.9", Code::bad_version);
  line("version_3", "GET / HTTP/3", Code::bad_version);
  line("version_01_1", "GET / HTTP/01.1", Code::bad_version);
  line("version_without_digits", "GET / HTTP/x.y", Code::bad_request_line);
  line("version_of_another_protocol", "GET / ICAP/1.1", Code::bad_request_line);
  line("version_with_vertical_tab", "GET / HTTP/1.1\x0b", Code::bad_request_line);
  raw("http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Code::bad_version);
  raw("one_empty_line_first", "\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", Code::ok);
  raw("two_empty_lines_first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
      Code::bad_request_line);
}

inline void RequestTable::add_targets() {
  using namespace std::string_view_literals;
  line("target_with_fragment", "GET /a#b HTTP/1.1", Code::bad_target);
  line("target_with_nul", "GET /a\0b HTTP/1.1"sv, Code::bad_target);
  line("target_with_utf8", "GET /\xc3\xa9 HTTP/1.1", Code::bad_target);
  line("target_with_delete", "GET /a\x7f HTTP/1.1", Code::bad_target);
  line("target_with_back_slash", "GET /a\\b HTTP/1.1", Code::bad_target);
  line("target_without_slash", "GET a HTTP/1.1", Code::bad_target);
  line("target_starting_with_query", "GET ?a HTTP/1.1", Code::bad_target);
  line("target_cut_escape", "GET /a%2 HTTP/1.1", Code::bad_target);
  line("target_bare_percent", "GET /% HTTP/1.1", Code::bad_target);
  line("target_bad_escape", "GET /%zz HTTP/1.1", Code::bad_target);
  line("target_overlong_u_escape", "GET /%u002e HTTP/1.1", Code::bad_target);
  line("target_escaped_utf8", "GET /%c3%a9 HTTP/1.1", Code::ok);
  line("target_traversal_stays_at_root", "GET /../../a HTTP/1.1", Code::ok);
  line("target_escaped_traversal", "GET /%2e%2E/a HTTP/1.1", Code::ok);
  line("target_double_slash", "GET //evil.example/a HTTP/1.1", Code::ok);
  line("target_query_with_odd_characters", "GET /?a=\"<>{}|\\^`%zz HTTP/1.1", Code::ok);
  line("asterisk_for_options", "OPTIONS * HTTP/1.1", Code::ok);
  line("asterisk_for_get", "GET * HTTP/1.1", Code::bad_target);
  line("absolute_form", "GET http://a.example/b?c HTTP/1.1", Code::ok);
  line("absolute_form_upper_case", "GET HTTP://A.EXAMPLE/ HTTP/1.1", Code::ok);
  line("absolute_form_without_path", "GET http://a.example HTTP/1.1", Code::ok);
  line("absolute_form_of_another_host", "GET http://b.example/ HTTP/1.1", Code::bad_host);
  line("absolute_form_with_another_port", "GET http://a.example:81/ HTTP/1.1", Code::bad_host);
  line("absolute_form_with_userinfo", "GET http://x@a.example/ HTTP/1.1", Code::bad_target);
  line("absolute_form_without_authority", "GET http:///a HTTP/1.1", Code::bad_target);
  line("absolute_form_of_another_scheme", "GET ftp://a.example/ HTTP/1.1", Code::bad_target);
  line("absolute_form_without_slashes", "GET http:a.example/ HTTP/1.1", Code::bad_target);
  line("authority_form_for_get", "GET a.example:80 HTTP/1.1", Code::bad_target);
  line("connect", "CONNECT a.example:443 HTTP/1.1", Code::connect_unsupported);
  line("target_too_long", "GET /" + std::string(70'000, 'a') + " HTTP/1.1", Code::target_too_long);
}

inline void RequestTable::add_line_ends() {
  raw("bare_lf_after_request_line", "GET / HTTP/1.1\nHost: a.example\r\n\r\n", Code::bad_line_end);
  raw("bare_lf_everywhere", "GET / HTTP/1.1\nHost: a.example\n\n", Code::bad_line_end);
  raw("bare_lf_after_method", "GET\n/ HTTP/1.1\r\nHost: a.example\r\n\r\n", Code::bad_line_end);
  raw("bare_cr_in_request_line", "GET /\rHTTP/1.1\r\nHost: a.example\r\n\r\n", Code::bad_line_end);
  raw("bare_lf_first", "\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", Code::bad_line_end);
  get("bare_lf_in_value", "A: b\nC: d\r\n", Code::bad_line_end);
  get("bare_cr_in_value", "A: b\rC: d\r\n", Code::bad_line_end);
  get("bare_cr_hides_a_length", "A: b\rContent-Length: 5\r\n", Code::bad_line_end);
  get("two_crs", "A: b\r\r\n", Code::bad_line_end);
  get("bare_lf_in_name", "A\nB: c\r\n", Code::bad_line_end);
  get("bare_cr_in_name", "A\rB: c\r\n", Code::bad_line_end);
  raw("bare_lf_ends_head", "GET / HTTP/1.1\r\nHost: a.example\r\n\n", Code::bad_line_end);
  raw("cr_without_lf_ends_head", "GET / HTTP/1.1\r\nHost: a.example\r\n\rX", Code::bad_line_end);
}

inline void RequestTable::add_names() {
  using namespace std::string_view_literals;
  get("empty_name", ": a\r\n", Code::bad_header_name);
  get("no_colon", "Abc\r\n", Code::bad_header_name);
  get("blank_before_colon", "Content-Length : 5\r\n", Code::bad_header_name);
  get("tab_before_colon", "Transfer-Encoding\t: chunked\r\n", Code::bad_header_name);
  get("blank_in_name", "Content Length: 5\r\n", Code::bad_header_name);
  get("nul_in_name", "Content\0Length: 5\r\n"sv, Code::bad_header_name);
  get("nul_before_colon", "Host\0: b\r\n"sv, Code::bad_header_name);
  get("obs_text_in_name", "Caf\xe9: a\r\n", Code::bad_header_name);
  get("vertical_tab_in_name", "\x0bTransfer-Encoding: chunked\r\n", Code::bad_header_name);
  get("parenthesis_in_name", "A(b): c\r\n", Code::bad_header_name);
  get("slash_in_name", "A/b: c\r\n", Code::bad_header_name);
  get("quoted_name", "\"Content-Length\": 5\r\n", Code::bad_header_name);
  get("name_of_tchars", "!#$%&'*+-.^_`|~9: a\r\n", Code::ok);
  get("underscore_in_name", "Content_Length: 5\r\n", Code::ok);
  get("folded_value", "A: b\r\n c\r\n", Code::obsolete_folding);
  get("folded_with_tab", "A: b\r\n\tc\r\n", Code::obsolete_folding);
  get("folded_coding", "Transfer-Encoding:\r\n chunked\r\n", Code::obsolete_folding);
  get("line_of_blanks", " \r\n", Code::obsolete_folding);
  raw("blank_before_first_field", "GET / HTTP/1.1\r\n Host: a.example\r\n\r\n",
      Code::obsolete_folding);
}

inline void RequestTable::add_values() {
  using namespace std::string_view_literals;
  get("nul_in_value", "A: b\0c\r\n"sv, Code::bad_header_value);
  get("delete_in_value", "A: b\x7f\r\n", Code::bad_header_value);
  get("escape_in_value", "A: \x1b[31m\r\n", Code::bad_header_value);
  get("vertical_tab_in_value", "A: \x0b\r\n", Code::bad_header_value);
  get("form_feed_in_coding",
      "Transfer-Encoding: \x0c"
      "chunked\r\n",
      Code::bad_header_value);
  get("tab_in_value", "A: b\tc\r\n", Code::ok);
  get("obs_text_in_value", "A: caf\xe9\r\n", Code::ok);
  get("empty_value", "A:\r\nB: \t \r\n", Code::ok);
  get("blanks_around_value", "A: \t b \t\r\n", Code::ok);
  get("colons_in_value", "A: b:c: d\r\n", Code::ok);
  get("value_too_long", "A: " + std::string(70'000, 'b') + "\r\n", Code::head_too_large);
  std::string many;
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  get("too_many_fields", many, Code::too_many_fields);
}

inline void RequestTable::add_hosts() {
  host("no_host", "", Code::bad_host);
  raw("no_host_http_1_0", "GET / HTTP/1.0\r\n\r\n", Code::ok);
  rows_.back().must_close = true;
  host("two_hosts", "Host: a.example\r\nHost: b.example\r\n", Code::bad_host);
  host("same_host_twice", "Host: a.example\r\nhost: a.example\r\n", Code::bad_host);
  host("empty_host", "Host:\r\n", Code::bad_host);
  host("host_list", "Host: a.example, b.example\r\n", Code::bad_host);
  host("host_with_blank", "Host: a.example b.example\r\n", Code::bad_host);
  host("host_with_userinfo", "Host: x@a.example\r\n", Code::bad_host);
  host("host_with_path", "Host: a.example/b\r\n", Code::bad_host);
  host("host_with_query", "Host: a.example?b\r\n", Code::bad_host);
  host("host_with_fragment", "Host: a.example#b\r\n", Code::bad_host);
  host("host_with_back_slash", "Host: a.example\\b\r\n", Code::bad_host);
  host("host_with_escape", "Host: a%2eexample\r\n", Code::bad_host);
  host("host_with_obs_text", "Host: caf\xe9.example\r\n", Code::bad_host);
  host("host_with_quote", "Host: a'.example\r\n", Code::bad_host);
  host("host_with_empty_label", "Host: a..example\r\n", Code::bad_host);
  host("host_of_one_dot", "Host: .\r\n", Code::bad_host);
  host("host_with_port", "Host: a.example:8080\r\n", Code::ok);
  host("host_with_empty_port", "Host: a.example:\r\n", Code::bad_host);
  host("host_with_named_port", "Host: a.example:http\r\n", Code::bad_host);
  host("host_with_signed_port", "Host: a.example:+80\r\n", Code::bad_host);
  host("host_with_port_too_large", "Host: a.example:65536\r\n", Code::bad_host);
  host("host_with_two_ports", "Host: a.example:80:90\r\n", Code::bad_host);
  host("host_of_only_a_port", "Host: :80\r\n", Code::bad_host);
  host("host_ends_with_dot", "Host: A.Example.\r\n", Code::ok);
  host("host_with_underscore", "Host: my_service.example\r\n", Code::ok);
  host("host_ipv4", "Host: 192.0.2.1:80\r\n", Code::ok);
  host("host_ipv6", "Host: [2001:db8::1]:80\r\n", Code::ok);
  host("host_ipv6_without_brackets", "Host: 2001:db8::1\r\n", Code::bad_host);
  host("host_ipv6_not_closed", "Host: [2001:db8::1\r\n", Code::bad_host);
  host("host_ipv6_malformed", "Host: [2001:db8:::1]\r\n", Code::bad_host);
  host("host_ipv6_with_zone", "Host: [fe80::1%25eth0]\r\n", Code::bad_host);
  host("host_ipv6_and_rest", "Host: [::1]x\r\n", Code::bad_host);
  host("host_too_long", "Host: " + std::string(256, 'a') + "\r\n", Code::bad_host);
}

inline void RequestTable::add_lengths() {
  post("length", "Content-Length: 3\r\n\r\nabc", Code::ok);
  post("length_zero", "Content-Length: 0\r\n\r\n", Code::ok);
  post("length_with_leading_zeros", "Content-Length: 003\r\n\r\nabc", Code::ok);
  post("length_and_a_second_request",
       "Content-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a.example\r\n\r\n", Code::ok);
  get("get_with_length", "Content-Length: 0\r\n", Code::ok);
  raw("get_with_body", "GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc",
      Code::ok);
  auto bad = [this](std::string_view name, std::string_view value) {
    post(name, "Content-Length:" + std::string(value) + "\r\n\r\nabcde", Code::bad_content_length);
  };
  bad("length_empty", "");
  bad("length_with_plus", " +5");
  bad("length_negative", " -5");
  bad("length_hexadecimal", " 0x5");
  bad("length_with_underscore", " 1_0");
  bad("length_with_blank", " 1 0");
  bad("length_with_decimals", " 5.0");
  bad("length_with_exponent", " 5e0");
  bad("length_quoted", " \"5\"");
  bad("length_with_letters", " 5abc");
  bad("length_list", " 5, 5");
  bad("length_list_with_empty_member", " 5,");
  bad("length_past_63_bits", " 9223372036854775808");
  bad("length_past_64_bits", " 18446744073709551621");
  bad("length_of_many_zeros", " 00000000000000000005");
  bad("length_in_other_digits", " \xd9\xa5");
  post("length_twice", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
       Code::bad_content_length);
  post("length_twice_the_same", "Content-Length: 5\r\ncontent-length: 5\r\n\r\nabcde",
       Code::bad_content_length);
}

inline void RequestTable::add_codings() {
  constexpr std::string_view kBody = "\r\n0\r\n\r\n";
  auto with = [&](std::string_view name, std::string_view fields, Code code) {
    post(name, std::string(fields) + "\r\n0\r\n\r\n", code);
  };
  with("chunked", "Transfer-Encoding: chunked\r\n", Code::ok);
  with("chunked_in_capitals", "transfer-encoding: CHUNKED\r\n", Code::ok);
  with("cl_te", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", Code::length_and_chunked);
  with("te_cl", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", Code::length_and_chunked);
  with("cl_te_unknown", "Content-Length: 4\r\nTransfer-Encoding: x\r\n", Code::length_and_chunked);
  with("te_twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       Code::bad_transfer_encoding);
  with("te_and_te_unknown", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
       Code::bad_transfer_encoding);
  with("te_chunked_chunked", "Transfer-Encoding: chunked, chunked\r\n",
       Code::bad_transfer_encoding);
  with("te_empty", "Transfer-Encoding:\r\n", Code::bad_transfer_encoding);
  with("te_with_comma", "Transfer-Encoding: chunked,\r\n", Code::bad_transfer_encoding);
  with("te_with_parameter", "Transfer-Encoding: chunked;a=b\r\n", Code::bad_transfer_encoding);
  with("te_quoted", "Transfer-Encoding: \"chunked\"\r\n", Code::bad_transfer_encoding);
  with("te_with_blank", "Transfer-Encoding: chun ked\r\n", Code::bad_transfer_encoding);
  with("te_with_no_break_space",
       "Transfer-Encoding: \xa0"
       "chunked\r\n",
       Code::bad_transfer_encoding);
  with("te_gzip", "Transfer-Encoding: gzip\r\n", Code::unknown_transfer_coding);
  with("te_gzip_chunked", "Transfer-Encoding: gzip, chunked\r\n", Code::unknown_transfer_coding);
  with("te_chunked_identity", "Transfer-Encoding: chunked, identity\r\n",
       Code::unknown_transfer_coding);
  with("te_identity", "Transfer-Encoding: identity\r\n", Code::unknown_transfer_coding);
  with("te_xchunked", "Transfer-Encoding: xchunked\r\n", Code::unknown_transfer_coding);
  raw("te_on_http_1_0",
      "POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n" + std::string(kBody),
      Code::bad_transfer_encoding);
  raw("te_on_options",
      "OPTIONS / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n" +
          std::string(kBody),
      Code::ok);
}

inline void RequestTable::add_chunks() {
  using namespace std::string_view_literals;
  chunked("chunks", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", Code::ok);
  chunked("chunk_size_of_16_digits", "0000000000000003\r\nabc\r\n0\r\n\r\n", Code::ok);
  chunked("chunk_size_of_17_digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_past_63_bits", "8000000000000000\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_of_64_bits", "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_empty", "\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_with_prefix", "0x3\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_with_plus", "+3\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_negative", "-3\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_with_underscore", "1_0\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_after_blank", " 3\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_before_blank", "3 \r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_no_hex", "g\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_with_nul", "3\0\r\nabc\r\n0\r\n\r\n"sv, Code::bad_chunk);
  chunked("chunk_size_bare_lf", "3\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_size_bare_cr", "3\rabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_data_bare_lf", "3\r\nabc\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_data_longer", "3\r\nabcd\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_data_two_other_bytes", "3\r\nabcXX0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension", "3;a\r\nabc\r\n0;b=c;d=\"e \\\" f\"\r\n\r\n", Code::ok);
  chunked("chunk_extension_with_lf", "3;a\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_with_cr", "3;a\rb\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_with_nul", "3;a\0\r\nabc\r\n0\r\n\r\n"sv, Code::bad_chunk);
  chunked("chunk_extension_empty", "3;\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_after_blank", "3 ;a\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_blank_after_semicolon", "3; a\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_quote_open", "3;a=\"b\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_quoted_lf", "3;a=\"b\n\"\r\nabc\r\n0\r\n\r\n", Code::bad_chunk);
  chunked("chunk_extension_too_long", "3;" + std::string(17'000, 'a') + "\r\nabc\r\n0\r\n\r\n",
          Code::bad_chunk);
  chunked("chunks_and_a_second_request", "0\r\n\r\nGET /b HTTP/1.1\r\nHost: a.example\r\n\r\n",
          Code::ok);
}

inline void RequestTable::add_trailers() {
  using namespace std::string_view_literals;
  auto with = [this](std::string_view name, std::string_view trailer, Code code) {
    chunked(name, "3\r\nabc\r\n0\r\n" + std::string(trailer) + "\r\n", code);
  };
  with("trailer", "X-Checksum: 1\r\nGrpc-Status: 0\r\n", Code::ok);
  with("trailer_content_length", "Content-Length: 5\r\n", Code::bad_trailer);
  with("trailer_transfer_encoding", "transfer-encoding: chunked\r\n", Code::bad_trailer);
  with("trailer_host", "Host: b.example\r\n", Code::bad_trailer);
  with("trailer_authorization", "Authorization: Basic eDp5\r\n", Code::bad_trailer);
  with("trailer_cookie", "Cookie: a=b\r\n", Code::bad_trailer);
  with("trailer_forwarded", "X-Forwarded-For: 127.0.0.1\r\n", Code::bad_trailer);
  with("trailer_without_colon", "abc\r\n", Code::bad_trailer);
  with("trailer_blank_before_colon", "A : b\r\n", Code::bad_trailer);
  with("trailer_empty_name", ": b\r\n", Code::bad_trailer);
  with("trailer_folded", "A: b\r\n c\r\n", Code::bad_trailer);
  with("trailer_nul", "A: b\0\r\n"sv, Code::bad_trailer);
  with("trailer_bare_lf", "A: b\nC: d\r\n", Code::bad_line_end);
  with("trailer_bare_cr", "A: b\rC: d\r\n", Code::bad_line_end);
  with("trailer_too_long", "A: " + std::string(9'000, 'b') + "\r\n", Code::head_too_large);
  std::string many;
  for (int i = 0; i < 70; ++i) many += "A: b\r\n";
  with("trailer_too_many", many, Code::too_many_fields);
  chunked("last_chunk_bare_lf", "0\r\n\n", Code::bad_line_end);
}

inline void RequestTable::add_rest() {
  post("expect_continue", "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc", Code::ok);
  post("expect_other", "Expect: y\r\nContent-Length: 3\r\n\r\nabc", Code::bad_expect);
  post("expect_disguised", "Expect: y 100-continue\r\nContent-Length: 3\r\n\r\nabc",
       Code::bad_expect);
  post("expect_twice", "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
       Code::bad_expect);
  raw("trace_with_body", "TRACE / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc",
      Code::bad_content_length);
  raw("trace_with_chunks",
      "TRACE / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      Code::bad_transfer_encoding);
  get("upgrade_to_h2c",
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n",
      Code::ok);
  get("websocket_of_another_version",
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      Code::ok);
  get("connection_names_protected_fields",
      "Connection: Host, X-Forwarded-For, Content-Length\r\nX-Forwarded-For: 192.0.2.1\r\n",
      Code::ok);
  get("connection_close", "Connection: close\r\n", Code::ok);
  rows_.back().must_close = true;
}

}  // namespace fairlead::tests
