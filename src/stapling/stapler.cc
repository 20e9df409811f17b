#include "stapling/stapler.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "tls/digest.h"
#include "tls/ocsp.h"

namespace fairlead::stapling {
namespace {

using Clock = Stapler::Clock;
using std::chrono::minutes;

constexpr io::Duration kLook{1000};
constexpr io::Duration kPatience{10'000};
constexpr size_t kMostBytes = 64 * 1024;
constexpr minutes kFirstRetry{1};
constexpr minutes kLastRetry{60};
constexpr minutes kSoonest{15};
constexpr std::chrono::hours kLatest{24};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text;
}

// Whole or not at all.
void write_file(const std::string& path, const std::string& text) {
  std::string scratch = path + ".tmp";
  {
    std::ofstream file(scratch, std::ios::binary | std::ios::trunc);
    file << text;
    if (!file.flush()) return;
  }
  std::rename(scratch.c_str(), path.c_str());
}

fetch::Request question_for(const tls::Certificate& certificate, const Settings& settings) {
  fetch::Request request;
  request.method = "POST";
  auto other = settings.overrides.find(certificate.responder());
  request.url = other != settings.overrides.end() ? other->second : certificate.responder();
  request.headers = {{"Content-Type", "application/ocsp-request"},
                     {"Accept", "application/ocsp-response"}};
  request.body = tls::ocsp_question(certificate);
  request.connect_timeout = request.total_timeout = kPatience;
  request.max_body_bytes = kMostBytes;
  request.uses_proxy_environment = true;
  return request;
}

}  // namespace

Clock::time_point next_question(Clock::time_point now, Clock::time_point from,
                                Clock::time_point until) {
  return std::clamp<Clock::time_point>(from + (until - from) / 2, now + kSoonest, now + kLatest);
}

std::string Stapler::file_of(const tls::Certificate& certificate) const {
  if (settings_.folder.empty()) return {};
  std::string name;
  auto digest = tls::sha256(tls::ocsp_question(certificate));
  for (char byte : tls::view(digest).substr(0, 16)) {
    static constexpr char kHex[] = "0123456789abcdef";
    auto value = static_cast<unsigned char>(byte);
    name += kHex[value >> 4];
    name += kHex[value & 15];
  }
  return settings_.folder + "/ocsp-" + name + ".der";
}

void Stapler::watch(const std::vector<tls::CertificatePtr>& certificates) {
  std::vector<Watched> next;
  for (const tls::CertificatePtr& certificate : certificates) {
    if (certificate->responder().empty()) continue;
    if (Watched* known = find(certificate)) {
      next.push_back(*known);
      continue;
    }
    Watched fresh{certificate, Clock::now()};
    std::string path = file_of(*certificate), kept = path.empty() ? "" : read_file(path);
    if (!kept.empty()) {
      auto answer = tls::judge_ocsp_answer(*certificate, kept);
      if (answer) take(fresh, std::move(kept), answer->from, answer->until);
    }
    if (certificate->must_staple() && fresh.until == Clock::time_point{}) {
      log::warn(
          "a certificate demands a stapled OCSP answer, which is being fetched; until it is here "
          "clients may refuse the certificate",
          {{"cn", certificate->common_name()}, {"responder", certificate->responder()}});
    }
    next.push_back(std::move(fresh));
  }
  watched_ = std::move(next);
}

Stapler::Watched* Stapler::find(const tls::CertificatePtr& certificate) {
  auto at = std::ranges::find(watched_, certificate, &Watched::certificate);
  return at != watched_.end() ? &*at : nullptr;
}

io::Task<void> Stapler::run(io::Scope& scope) {
  for (;;) {
    Result<void> slept = co_await io::sleep_for(kLook, &scope);
    if (!slept) co_return;
    auto now = Clock::now();
    drop_outdated(now);
    auto due = std::ranges::find_if(watched_, [&](const Watched& one) { return one.due <= now; });
    if (due != watched_.end()) co_await ask(due->certificate, scope);
  }
}

io::Task<void> Stapler::ask(tls::CertificatePtr certificate, io::Scope& scope) {
  fetch::Outcome<fetch::Response> got =
      co_await fetch_.send(question_for(*certificate, settings_), scope);
  Watched* one = find(certificate);  // may have gone while we waited
  if (one == nullptr || scope.is_cancelled()) co_return;
  if (!got) {
    miss(*one, got.error().text);
  } else if (got->status != 200) {
    miss(*one, "the responder answers with status " + std::to_string(got->status));
  } else if (auto answer = tls::judge_ocsp_answer(*certificate, got->body); !answer) {
    miss(*one, "the answer is not used: " + answer.error());
  } else {
    if (std::string path = file_of(*certificate); !path.empty()) write_file(path, got->body);
    take(*one, std::move(got->body), answer->from, answer->until);
  }
}

void Stapler::take(Watched& one, std::string der, Clock::time_point from, Clock::time_point until) {
  one.certificate->staple()->answer.store(std::make_shared<const std::string>(std::move(der)));
  one.until = until;
  one.due = next_question(Clock::now(), from, until);
  if (one.failures > 0) log::info("OCSP answer fetched", {{"cn", one.certificate->common_name()}});
  one.failures = 0;
}

// Said once; after that the certificate's clients ask for themselves, as they did before.
void Stapler::miss(Watched& one, const std::string& why) {
  if (one.failures == 0) {
    log::warn("no OCSP answer for a certificate; asked again from time to time",
              {{"cn", one.certificate->common_name()},
               {"responder", one.certificate->responder()},
               {"error", why}});
  }
  one.due = Clock::now() + std::min(kFirstRetry * (1 << std::min(one.failures, 6U)), kLastRetry);
  ++one.failures;
}

void Stapler::drop_outdated(Clock::time_point now) {
  for (Watched& one : watched_) {
    if (one.until == Clock::time_point{} || one.until > now) continue;
    one.certificate->staple()->answer.store(nullptr);
    one.until = {};
    log::warn("an OCSP answer is out of date and not shown any more",
              {{"cn", one.certificate->common_name()}});
  }
}

}  // namespace fairlead::stapling
