// What a proxy in front of us says about the client, ahead of the client's own bytes: the PROXY
// protocol, versions 1 (text) and 2 (binary), as HAProxy's proxy-protocol.txt has it. Sans-I/O: fed
// with what has arrived, in any pieces, it says how much of it is the header's. Strict: what is not
// exactly a header is no connection. TLVs are skipped. A value.
#pragma once

#include <string_view>

#include "io/address.h"

namespace fairlead::io {

class ProxyHeaderParser {
 public:
  enum class State : uint8_t {
    more,    // the next bytes decide
    absent,  // the connection does not begin with a header
    found,   // see source() and destination()
  };
  struct Step {
    State state = State::more;
    size_t taken = 0;  // of the fed bytes, from their begin: the header's; feed the others again
  };

  // Why this many: version 1 never has more than 107 bytes and addresses of version 2 232; the rest
  // are TLVs, of which a client certificate (PP2_SUBTYPE_SSL_CLIENT_CERT) is the largest in use.
  static constexpr size_t kMostBytes = 16 * 1024;

  // Errors: Code::bad_proxy_header. Not called again after anything but State::more.
  Result<Step> feed(std::string_view bytes);

  // After State::found. Unset where the header names none (LOCAL, UNKNOWN, a Unix socket): then the
  // connection's own addresses hold.
  const Address& source() const { return source_; }
  const Address& destination() const { return destination_; }

 private:
  enum class Part : uint8_t { undecided, v1, v2_begin, v2_addresses, v2_rest };

  Result<Step> decide(std::string_view bytes);
  Result<Step> feed_v1(std::string_view bytes, size_t taken);
  Result<Step> feed_v2(std::string_view bytes, size_t taken);
  bool read_line(std::string_view line);
  bool read_begin();
  void read_addresses();
  size_t keep(std::string_view bytes, size_t up_to);

  Part part_ = Part::undecided;
  uint8_t family_ = 0;
  bool is_local_ = false;
  size_t left_ = 0;  // version 2: bytes after the first 16 that are still to come
  size_t kept_bytes_ = 0;
  char kept_[108];  // version 1: the line; version 2: the first 16 bytes, then the IP addresses
  Address source_, destination_;
};

}  // namespace fairlead::io
