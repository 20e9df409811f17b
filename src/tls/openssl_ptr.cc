#include "tls/openssl_ptr.h"

namespace fairlead::tls {

std::string take_error_text() {
  unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace fairlead::tls
