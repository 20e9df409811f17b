// What OpenSSL reads from and writes to: the TlsStream's inner stream. Reading never asks a socket
// that is known to be empty; writing gathers everything sealed during one call of OpenSSL, which
// the stream then sends at once, so that writing never fails. For tls_stream.cc only.
#pragma once

#include <string>

#include "tls/openssl_ptr.h"

namespace fairlead::tls {

class TlsStream;

struct InnerBio {
  static BIO* make(TlsStream& stream);
  // Sealed by this thread and not sent yet.
  static std::string& sealed();

 private:
  static const BIO_METHOD* methods();
  static int read(BIO* bio, char* into, int bytes);
  static int write(BIO* bio, const char* from, int bytes);
  static long control(BIO* bio, int command, long number, void* pointer);
};

}  // namespace fairlead::tls
