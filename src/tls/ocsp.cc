#include "tls/ocsp.h"

#include <ctime>
#include <memory>

#include <openssl/ocsp.h>

#include "tls/openssl_ptr.h"

namespace fairlead::tls {
namespace {

using Clock = std::chrono::system_clock;
using QuestionPtr = std::unique_ptr<OCSP_REQUEST, FreeWith<OCSP_REQUEST_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreeWith<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, FreeWith<OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, FreeWith<OCSP_CERTID_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;

// Clocks differ; an answer without an end is asked for again after a day.
constexpr std::chrono::minutes kSkew{5};
constexpr std::chrono::hours kWithoutEnd{24};

IdPtr id_of(const Certificate& certificate) {
  // SHA-1 names the certificate and protects nothing; responders know no other (RFC 5019).
  return IdPtr(OCSP_cert_to_id(EVP_sha1(), certificate.leaf(), certificate.issuer()));
}

Clock::time_point time_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Clock::from_time_t(timegm(&parts));
}

// By the issuer itself, or by a certificate that it made for the purpose.
bool is_signed_by_issuer(OCSP_BASICRESP* basic, X509* issuer) {
  StorePtr store(X509_STORE_new());
  STACK_OF(X509)* known = sk_X509_new_null();
  bool is_ready = store != nullptr && known != nullptr && sk_X509_push(known, issuer) > 0 &&
                  X509_STORE_add_cert(store.get(), issuer) == 1 &&
                  // The issuer is seldom a root, and its own standing is not the question here.
                  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) == 1;
  bool is_signed = is_ready && OCSP_basic_verify(basic, known, store.get(), 0) == 1;
  sk_X509_free(known);
  return is_signed;
}

}  // namespace

std::string ocsp_question(const Certificate& certificate) {
  if (certificate.responder().empty()) return {};
  QuestionPtr question(OCSP_REQUEST_new());
  IdPtr id = id_of(certificate);
  if (question == nullptr || id == nullptr ||
      OCSP_request_add0_id(question.get(), id.get()) == nullptr)
    return {};
  (void)id.release();  // the question's now
  unsigned char* der = nullptr;
  int bytes = i2d_OCSP_REQUEST(question.get(), &der);
  std::string text(reinterpret_cast<char*>(der), bytes > 0 ? static_cast<size_t>(bytes) : 0);
  OPENSSL_free(der);
  return text;
}

std::expected<OcspAnswer, std::string> judge_ocsp_answer(const Certificate& certificate,
                                                         std::string_view der,
                                                         Clock::time_point now) {
  ERR_clear_error();
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) return std::unexpected("it is no OCSP response");
  int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return std::unexpected(std::string("it says ") + OCSP_response_status_str(status));
  BasicPtr basic(OCSP_response_get1_basic(response.get()));
  IdPtr id = id_of(certificate);
  if (basic == nullptr || id == nullptr) return std::unexpected("it is no basic OCSP response");
  if (!is_signed_by_issuer(basic.get(), certificate.issuer()))
    return std::unexpected("its signature is not the issuer's (" + take_error_text() + ")");
  int verdict = 0, reason = 0;
  ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *until = nullptr;
  if (OCSP_resp_find_status(basic.get(), id.get(), &verdict, &reason, &revoked, &from, &until) != 1)
    return std::unexpected("it is about another certificate");
  if (verdict != V_OCSP_CERTSTATUS_GOOD) {
    return std::unexpected(std::string("the certificate is ") + OCSP_cert_status_str(verdict) +
                           "; replace it");
  }
  OcspAnswer answer{time_of(from), until != nullptr ? time_of(until) : now + kWithoutEnd};
  if (answer.from > now + kSkew) return std::unexpected("it is of the future; check the clock");
  if (answer.until <= now) return std::unexpected("it is out of date");
  return answer;
}

}  // namespace fairlead::tls
