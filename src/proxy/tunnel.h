// An upgraded connection: bytes both ways until both ends have finished. One end finishing
// half-closes the other; one end failing closes both. Holds no buffer while idle. One worker.
#pragma once

#include "http/client/client_stream.h"
#include "pipeline/exchange.h"

namespace fairlead::proxy {

class UpgradeTunnel final : public pipeline::Tunnel {
 public:
  UpgradeTunnel(pipeline::Exchange& x, http::ClientStream& upstream) : x_(x), upstream_(upstream) {}
  io::Task<void> run(io::Stream& client, std::string_view early) override;

 private:
  io::Task<void> pump(io::Stream& from, io::Stream& to, std::string_view early, uint64_t& counted);

  pipeline::Exchange& x_;
  http::ClientStream& upstream_;
};

}  // namespace fairlead::proxy
