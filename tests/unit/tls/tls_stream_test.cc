#include "tls/tls_stream.h"

#include <algorithm>
#include <functional>
#include <thread>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket_stream.h"
#include "tests/support/control_loop.h"
#include "tests/support/tls_client.h"

using namespace fairlead;
using namespace fairlead::testing;
using fairlead::tls::Certificate;
using fairlead::tls::CertificatePtr;
using fairlead::tls::ServerContext;
using fairlead::tls::ServerOptions;
using fairlead::tls::ServerPolicy;
using fairlead::tls::TlsStream;

namespace {

const PemPair& pair_a() {
  static const PemPair made = make_certificate({.names = {"a.test"}, .common_name = "ec-a"});
  return made;
}
const PemPair& pair_a_rsa() {
  static const PemPair made =
      make_certificate({.names = {"a.test"}, .common_name = "rsa-a", .is_rsa = true});
  return made;
}
const PemPair& pair_wild() {
  static const PemPair made = make_certificate({.names = {"*.w.test"}, .common_name = "wild"});
  return made;
}

CertificatePtr loaded(const PemPair& pair) {
  auto made = Certificate::from_pem(pair.chain, pair.key);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error()));
  return *made;
}

tls::ServerContextPtr context_of(const ServerOptions& options) {
  std::vector<std::string> warnings;
  auto made = ServerContext::make(options, warnings);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error()));
  return *made;
}

ServerPolicy policy_of(const ServerOptions& options = {}) {
  ServerPolicy policy;
  std::vector<CertificatePtr> all{loaded(pair_a()), loaded(pair_a_rsa()), loaded(pair_wild())};
  policy.certificates = std::make_shared<tls::SniIndex>(all, nullptr);
  policy.entry_points.emplace_back();
  policy.entry_points[0].is_enabled = true;
  policy.entry_points[0].default_context = context_of(options);
  return policy;
}

struct Outcome {
  Error error{Code::ok};
  tls::Session session;
  Error ended{Code::ok};  // how the connection ended after the handshake
  bool is_done = false;
};

constexpr io::Timeout kPatience{io::Duration{5000}, Code::tls_handshake_timeout};

// Answers with what it receives until the client ends.
io::Task<void> echo(TlsStream& stream, Outcome& out) {
  std::vector<char> bytes(40'000);
  for (;;) {
    Result<size_t> got = stream.try_read(bytes);
    if (!got && got.error().code == Code::would_block) {
      Result<void> ready = co_await stream.readable(kPatience);
      if (ready) continue;
      out.ended = ready.error();
      co_return;
    }
    if (!got) out.ended = got.error();
    if (!got || *got == 0) co_return;
    // In parts, so that gathering is met.
    iovec parts[3] = {{bytes.data(), *got / 3}, {bytes.data() + *got / 3, *got / 3}, {}};
    parts[2] = {bytes.data() + 2 * (*got / 3), *got - 2 * (*got / 3)};
    Result<void> sent = co_await io::write_all(stream, parts, kPatience);
    if (!sent) {
      out.ended = sent.error();
      co_return;
    }
  }
}

io::Task<void> serve(TlsStream& stream, const ServerPolicy& policy, io::Timeout limit,
                     Outcome& out) {
  Result<void> step = co_await stream.read_hello(limit);
  tls::ServerChoice choice;
  if (step) choice = policy.choose(0, stream.hello().server_name);
  if (step && choice.certificates == nullptr) {
    stream.refuse_name();
    step = fail(Code::tls_unknown_name);
  }
  if (step && !stream.begin(choice)) step = fail(Code::tls);
  if (step) step = co_await stream.handshake(limit);
  if (!step) out.error = step.error();
  if (step) {
    out.session = stream.session();
    co_await echo(stream, out);
    stream.shutdown_write();
  }
  stream.close();
  out.is_done = true;
}

// One connection: the client runs in a thread, the server on this one.
Outcome run(const ServerPolicy& policy, const TlsClientOptions& options,
            std::function<void(TlsClient&)> client, io::Timeout limit = kPatience,
            int send_buffer = 0) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  if (send_buffer != 0)
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  ControlLoop loop;
  Outcome out;
  std::thread thread([&] {
    TlsClient peer(ends[1], options);
    client(peer);
  });
  {
    TlsStream stream(
        std::make_unique<io::SocketStream>(ends[0], io::Address{}, io::Address{}, true));
    stream.set_scope(&loop.scope());
    loop.scope().spawn(serve(stream, policy, limit, out));
    CHECK(loop.until([&] { return out.is_done; }));
    loop.end();
  }
  thread.join();
  return out;
}

void greet(TlsClient& client) {
  REQUIRE_MESSAGE(client.handshake(), client.error());
  CHECK(client.send("hello"));
  CHECK(client.receive(5) == "hello");
  client.close_politely();
  CHECK(client.receive(1).empty());
}

struct SessionHolder {
  SSL_SESSION* session = nullptr;
  ~SessionHolder() { SSL_SESSION_free(session); }
};

// Whether a session made under the first policy and name is resumed under the second.
bool resumes(const ServerPolicy& first, const ServerPolicy& second, int version,
             const std::string& name, const std::string& second_name,
             const PemPair* certificate = nullptr) {
  SessionHolder held;
  TlsClientOptions options{.server_name = name, .max_version = version, .certificate = certificate};
  run(first, options, [&](TlsClient& client) {
    greet(client);
    held.session = client.take_session();
  });
  REQUIRE(held.session != nullptr);
  options.session = held.session;
  options.server_name = second_name;
  bool is_resumed = false;
  Outcome out = run(second, options, [&](TlsClient& client) {
    if (!client.handshake()) return;
    is_resumed = client.is_resumed();
    client.close_politely();
  });
  if (out.error.code == Code::ok) CHECK(out.session.is_resumed == is_resumed);
  return is_resumed;
}

}  // namespace

TEST_CASE("tls_handshake_serves_both_versions_and_says_what_was_agreed") {
  ServerPolicy policy = policy_of();
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClientOptions options{
        .server_name = "A.test", .max_version = version, .protocols = {"h3", "http/1.1"}};
    Outcome out = run(policy, options, [](TlsClient& client) {
      greet(client);
      CHECK(client.peer_name() == "ec-a");
      CHECK(client.protocol() == "http/1.1");
    });
    CHECK(out.error.code == Code::ok);
    CHECK(out.ended.code == Code::ok);
    CHECK(out.session.version == (version == TLS1_2_VERSION ? "1.2" : "1.3"));
    CHECK(out.session.cipher == (version == TLS1_2_VERSION
                                     ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
                                     : "TLS_AES_128_GCM_SHA256"));
    CHECK(out.session.server_name == "a.test");
    CHECK(out.session.protocol == "http/1.1");
  }
}

TEST_CASE("tls_presents_the_certificate_of_the_name_and_the_default_for_others") {
  ServerPolicy policy = policy_of();
  struct Row {
    const char* name;
    const char* certificate;
  };
  for (const Row& row :
       {Row{"a.test", "ec-a"}, Row{"x.w.test", "wild"}, Row{"x.y.w.test", "FAIRLEAD DEFAULT CERT"},
        Row{"w.test", "FAIRLEAD DEFAULT CERT"}, Row{"", "FAIRLEAD DEFAULT CERT"}}) {
    CAPTURE(row.name);
    run(policy, {.server_name = row.name}, [&](TlsClient& client) {
      greet(client);
      CHECK(client.peer_name() == row.certificate);
    });
  }
}

TEST_CASE("tls_presents_rsa_to_a_client_that_knows_nothing_else") {
  run(policy_of(),
      {.server_name = "a.test",
       .max_version = TLS1_2_VERSION,
       .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"},
      [](TlsClient& client) {
        greet(client);
        CHECK(client.key_type() == EVP_PKEY_RSA);
      });
}

TEST_CASE("tls_strict_sni_refuses_names_without_a_certificate") {
  ServerPolicy policy = policy_of({.is_sni_strict = true});
  Outcome good = run(policy, {.server_name = "a.test"}, greet);
  CHECK(good.error.code == Code::ok);
  Outcome bad = run(policy, {.server_name = "b.test"}, [](TlsClient& client) {
    CHECK(!client.handshake());
    CHECK(client.error() == "tlsv1 unrecognized name");
  });
  CHECK(bad.error.code == Code::tls_unknown_name);
}

TEST_CASE("tls_refuses_old_versions_and_foreign_protocols") {
  ServerPolicy policy = policy_of();
  Outcome old = run(policy, {.server_name = "a.test", .max_version = TLS1_1_VERSION},
                    [](TlsClient& client) { CHECK(!client.handshake()); });
  CHECK(old.error.code == Code::tls_no_overlap);
  Outcome foreign =
      run(policy, {.server_name = "a.test", .protocols = {"ftp"}}, [](TlsClient& client) {
        CHECK(!client.handshake());
        CHECK(client.error() == "tlsv1 alert no application protocol");
      });
  CHECK(foreign.error.code == Code::tls_no_overlap);
}

TEST_CASE("tls_1_0_is_served_when_the_options_say_so") {
  ServerPolicy policy = policy_of({.min_version = "VersionTLS10"});
  TlsClientOptions options{
      .server_name = "a.test", .max_version = TLS1_VERSION, .protocols = {"h2", "http/1.1"}};
  Outcome out = run(policy, options, greet);
  CHECK(out.session.protocol == "http/1.1");
  CHECK(out.session.version == "1.0");
}

TEST_CASE("tls_sessions_are_resumed_with_the_same_name_and_options_only") {
  ServerPolicy policy = policy_of();
  ServerPolicy same = policy_of();  // as after a reload
  PemPair client = make_certificate({.common_name = "client"});
  ServerPolicy stricter = policy_of({.ca_bundles = {client.chain}});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    CHECK(resumes(policy, same, version, "a.test", "a.test"));
    CHECK(!resumes(policy, same, version, "a.test", "x.w.test"));
    CHECK(!resumes(policy, stricter, version, "a.test", "a.test"));
    CHECK(resumes(stricter, stricter, version, "a.test", "a.test", &client));
    CHECK(!resumes(policy_of({.disables_session_tickets = true}), policy, version, "a.test",
                   "a.test"));
  }
}

TEST_CASE("a_resumed_connection_gets_a_ticket_for_the_next_one") {
  ServerPolicy policy = policy_of();
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SessionHolder held;
    for (int connection = 0; connection < 4; ++connection) {
      CAPTURE(version);
      CAPTURE(connection);
      TlsClientOptions options{
          .server_name = "a.test", .max_version = version, .session = held.session};
      Outcome out = run(policy, options, [&](TlsClient& client) {
        greet(client);
        CHECK(client.is_resumed() == (connection > 0));
        SSL_SESSION_free(std::exchange(held.session, client.take_session()));
      });
      CHECK(out.error.code == Code::ok);
      CHECK(out.ended.code == Code::ok);
    }
  }
}

TEST_CASE("tls_client_certificates_are_asked_for_as_the_type_says") {
  PemPair authority = make_certificate({.common_name = "authority"});
  PemPair good = make_certificate({.common_name = "good", .issuer = &authority});
  PemPair stranger = make_certificate({.common_name = "stranger"});
  struct Row {
    const char* type;
    bool has_bundle, takes_none, takes_stranger, takes_good;
  };
  for (const Row& row : {Row{"NoClientCert", true, true, true, true},
                         Row{"RequestClientCert", false, true, true, true},
                         Row{"RequireAnyClientCert", false, false, true, true},
                         Row{"VerifyClientCertIfGiven", true, true, false, true},
                         Row{"RequireAndVerifyClientCert", true, false, false, true},
                         Row{"", true, false, false, true}}) {
    CAPTURE(row.type);
    ServerOptions options{.client_auth_type = row.type};
    if (row.has_bundle) options.ca_bundles = {authority.chain};
    ServerPolicy policy = policy_of(options);
    auto is_taken = [&](const PemPair* certificate) {
      // In TLS 1.3 the client learns of a refusal only after its own handshake.
      Outcome out =
          run(policy, {.server_name = "a.test", .certificate = certificate}, [](TlsClient& client) {
            if (!client.handshake()) return;
            client.send("x");
            client.receive(1);
            client.close_politely();
          });
      bool is_as_known =
          out.error.code == Code::ok || out.error.code == Code::tls_client_certificate;
      CHECK(is_as_known);
      return out.error.code == Code::ok;
    };
    CHECK(is_taken(nullptr) == row.takes_none);
    CHECK(is_taken(&stranger) == row.takes_stranger);
    CHECK(is_taken(&good) == row.takes_good);
  }
}

TEST_CASE("tls_handshake_ends_when_the_client_says_nothing") {
  io::Timeout soon{io::Duration{50}, Code::tls_handshake_timeout};
  auto say_nothing = [](TlsClient& client) {
    char byte;
    CHECK(::read(SSL_get_fd(client.raw()), &byte, 1) == 0);
  };
  Outcome silent = run(policy_of(), {}, say_nothing, soon);
  CHECK(silent.error.code == Code::tls_handshake_timeout);
}

TEST_CASE("tls_bytes_that_are_no_hello_are_refused") {
  for (std::string_view bytes : {std::string_view("GET / HTTP/1.1\r\n\r\n"),
                                 std::string_view("\x16\x03\x01\x00\x02\x02\x00", 7)}) {
    Outcome out = run(policy_of(), {}, [&](TlsClient& client) {
      (void)!::write(SSL_get_fd(client.raw()), bytes.data(), bytes.size());
      char byte;
      CHECK(::read(SSL_get_fd(client.raw()), &byte, 1) == 0);
    });
    CHECK(out.error.code == Code::tls_bad_hello);
  }
}

TEST_CASE("tls_end_without_close_notify_is_an_error") {
  Outcome out = run(policy_of(), {.server_name = "a.test"}, [](TlsClient& client) {
    REQUIRE(client.handshake());
    client.send("x");
    client.receive(1);
    client.close_rudely();
    client.receive(1);
  });
  CHECK(out.ended.code == Code::reset);
}

TEST_CASE("tls_carries_much_through_a_narrow_socket_unchanged") {
  std::string much(3'000'000, ' ');
  for (size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 31 + i / 977);
  Outcome out = run(
      policy_of(), {.server_name = "a.test"},
      [&](TlsClient& client) {
        REQUIRE(client.handshake());
        // More at once than the pair of sockets holds, so the server has to wait for its writes.
        std::string echoed;
        for (size_t at = 0; at < much.size(); at += 50'000) {
          REQUIRE(client.send(std::string_view(much).substr(at, 50'000)));
          echoed += client.receive(50'000);
        }
        CHECK(echoed == much);
        client.close_politely();
        client.receive(1);
      },
      kPatience, 4096);
  CHECK(out.ended.code == Code::ok);
}

TEST_CASE("tls_refuses_a_flood_of_key_updates") {
  Outcome out = run(policy_of(), {.server_name = "a.test", .min_version = TLS1_3_VERSION},
                    [](TlsClient& client) {
                      REQUIRE(client.handshake());
                      for (int i = 0; i < 50; ++i) client.update_keys();
                      CHECK(client.send("x"));
                      CHECK(client.receive(1) == "x");
                      for (int i = 0; i < 2000 && client.update_keys(); ++i) {
                      }
                      client.receive(1);
                    });
  CHECK(out.ended.code == Code::tls_flood);
}
