// The PROXY protocol header that tells a server who its client is (haproxy.org,
// proxy-protocol.txt): version 1 is a line of text, version 2 binary. Pure.
#pragma once

#include <string>

#include "io/address.h"

namespace fairlead::tcp {

std::string proxy_header(int version, const io::Address& source, const io::Address& destination);

}  // namespace fairlead::tcp
