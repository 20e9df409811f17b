// Keeps the answers of certificate authorities (OCSP, RFC 6960) with the certificates that name a
// responder, so that clients need not ask there themselves: fetched beside everything else, kept in
// the state directory for the next start, renewed in the middle of their life, and taken away when
// they are out of date. No handshake ever waits for one. Control thread.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "fetch/client.h"
#include "io/scope.h"
#include "io/task.h"
#include "tls/certificate.h"

namespace fairlead::stapling {

struct Settings {
  std::map<std::string, std::string> overrides;  // responder URL → the one to ask instead
  std::string folder;                            // where answers are kept; "" = nowhere
};

class Stapler {
 public:
  using Clock = std::chrono::system_clock;

  Stapler(fetch::Client& fetch, Settings settings)
      : fetch_(fetch), settings_(std::move(settings)) {}

  // What is served now; those that are new are given the kept answer, if it is still good.
  void watch(const std::vector<tls::CertificatePtr>& certificates);
  io::Task<void> run(io::Scope& scope);

 private:
  struct Watched {
    tls::CertificatePtr certificate;
    Clock::time_point due;      // when to ask
    Clock::time_point until{};  // of the answer that is stapled
    unsigned failures = 0;      // in a row
  };

  io::Task<void> ask(tls::CertificatePtr certificate, io::Scope& scope);
  void take(Watched& one, std::string der, Clock::time_point from, Clock::time_point until);
  void miss(Watched& one, const std::string& why);
  void drop_outdated(Clock::time_point now);
  Watched* find(const tls::CertificatePtr& certificate);
  std::string file_of(const tls::Certificate& certificate) const;

  fetch::Client& fetch_;
  Settings settings_;
  std::vector<Watched> watched_;
};

// When to ask again for an answer of that life: in its middle, a quarter of an hour from now at the
// earliest and a day at the latest.
Stapler::Clock::time_point next_question(Stapler::Clock::time_point now,
                                         Stapler::Clock::time_point from,
                                         Stapler::Clock::time_point until);

}  // namespace fairlead::stapling
