// The two messages of OCSP (RFC 6960): the question whether a certificate is still good, and the
// judgement of its authority's answer, which is believed only when it is signed by the issuer or by
// whom the issuer appointed, is about this certificate and of this time. Pure; any thread.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "tls/certificate.h"

namespace fairlead::tls {

// DER, for a POST; empty when the certificate names no responder.
std::string ocsp_question(const Certificate& certificate);

struct OcspAnswer {
  std::chrono::system_clock::time_point from, until;  // when it may be shown
};
// The fault is for people. A certificate that is not good is a fault too.
std::expected<OcspAnswer, std::string> judge_ocsp_answer(
    const Certificate& certificate, std::string_view der,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace fairlead::tls
