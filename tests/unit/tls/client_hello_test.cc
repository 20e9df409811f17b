#include "tls/client_hello.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace fairlead::tls;

namespace {

// What OpenSSL's client sends first.
std::string hello_of(const std::string& server_name, const std::string& protocols) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  if (!server_name.empty()) SSL_set_tlsext_host_name(ssl, server_name.c_str());
  if (!protocols.empty()) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  SSL_connect(ssl);
  char* bytes = nullptr;
  long size = BIO_get_mem_data(out, &bytes);
  std::string hello(bytes, static_cast<size_t>(size));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

std::string record(std::string_view body) {
  std::string out("\x16\x03\x01", 3);
  out += static_cast<char>(body.size() >> 8);
  out += static_cast<char>(body.size() & 255);
  return out.append(body);
}

// The same message in records of `size` bytes.
std::string cut(const std::string& hello, size_t size) {
  std::string_view message = std::string_view(hello).substr(5);
  std::string out;
  for (size_t at = 0; at < message.size(); at += size) out += record(message.substr(at, size));
  return out;
}

}  // namespace

TEST_CASE("client_hello_tells_name_and_protocols") {
  ClientHello hello;
  REQUIRE(read_client_hello(hello_of("WWW.Example.test", "\x02h2\x08http/1.1"), hello) ==
          HelloState::complete);
  CHECK(hello.server_name == "www.example.test");
  CHECK(hello.protocols == std::vector<std::string>{"h2", "http/1.1"});
}

TEST_CASE("client_hello_without_name_or_protocols_is_complete") {
  ClientHello hello;
  REQUIRE(read_client_hello(hello_of("", ""), hello) == HelloState::complete);
  CHECK(hello.server_name.empty());
  CHECK(hello.protocols.empty());
}

TEST_CASE("client_hello_is_incomplete_until_its_last_byte") {
  std::string bytes = cut(hello_of("a.test", "\x02h2"), 60);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ClientHello hello;
    REQUIRE(read_client_hello(std::string_view(bytes).substr(0, size), hello) ==
            HelloState::incomplete);
  }
  ClientHello hello;
  REQUIRE(read_client_hello(bytes, hello) == HelloState::complete);
  CHECK(hello.server_name == "a.test");
}

TEST_CASE("client_hello_in_too_many_records_is_malformed") {
  ClientHello hello;
  CHECK(read_client_hello(cut(hello_of("a.test", ""), 1), hello) == HelloState::malformed);
}

TEST_CASE("client_hello_that_claims_too_much_is_refused") {
  ClientHello hello;
  CHECK(read_client_hello(record(std::string_view("\x01\x01\x00\x00", 4)), hello) ==
        HelloState::too_large);
  CHECK(read_client_hello(std::string_view("\x16\x03\x01\x40\x01", 5), hello) ==
        HelloState::malformed);
}

TEST_CASE("client_hello_with_broken_lengths_never_reads_beyond_its_end") {
  const std::string good = hello_of("a.test", "\x02h2\x08http/1.1");
  for (size_t at = 0; at < good.size(); ++at) {
    for (char value : {'\x00', '\x01', '\x7f', '\xff'}) {
      // A copy of exactly this size, so that a sanitizer sees a read past it.
      std::string broken(good);
      broken[at] = value;
      std::vector<char> exact(broken.begin(), broken.end());
      ClientHello hello;
      (void)read_client_hello({exact.data(), exact.size()}, hello);
    }
  }
  ClientHello hello;
  CHECK(read_client_hello("GET / HTTP/1.1\r\n", hello) == HelloState::malformed);
  CHECK(read_client_hello(record(std::string_view("\x02\x00\x00\x01\x00", 5)), hello) ==
        HelloState::malformed);
}
