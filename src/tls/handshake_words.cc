#include "tls/handshake_words.h"

#include <openssl/ssl.h>

#include "tls/client_context.h"

namespace fairlead::tls {

std::string_view version_text(int version) {
  switch (version) {
    case TLS1_VERSION:
      return "1.0";
    case TLS1_1_VERSION:
      return "1.1";
    case TLS1_2_VERSION:
      return "1.2";
    case TLS1_3_VERSION:
      return "1.3";
    default:
      return "unknown";
  }
}

Code handshake_code(int reason) {
  switch (reason) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
      return Code::tls_no_overlap;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_BAD_SIGNATURE:
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
      return Code::tls_client_certificate;
    default:
      break;
  }
  // Alerts of the client are numbered from here (openssl/sslerr.h).
  return reason > SSL_AD_REASON_OFFSET ? Code::tls_refused_by_client : Code::tls_protocol;
}

Code upstream_handshake_code(int reason, long verify_result) {
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return code_of_verification(verify_result);
  Code code = handshake_code(reason);
  if (code == Code::tls_refused_by_client) return Code::tls_refused_by_upstream;
  return code == Code::tls_client_certificate ? Code::tls_upstream_certificate : code;
}

}  // namespace fairlead::tls
