// The security part of the `headers` middleware: which hosts are served, and what browsers are told
// (transport security, framing, sniffing, policies). Immutable, all workers.
#pragma once

#include <string>
#include <vector>

#include "middleware/fields.h"
#include "pipeline/exchange.h"

namespace fairlead::middleware {

class SecurityHeaders {
 public:
  static SecurityHeaders read(config::Reader& options);

  bool allows_host(const http::RequestHead& request) const;
  // By TLS on this connection, or a field in which a proxy before us says so.
  bool is_secure(const pipeline::Exchange& x) const;
  bool edits_responses() const { return !fields_.empty() || !secure_fields_.empty(); }
  void mark(bool is_secure, http::ResponseHead& head) const;

 private:
  void read_transport(config::Reader& options);
  void read_policies(config::Reader& options);
  void read_deprecated(config::Reader& options);

  std::vector<std::string> allowed_hosts_;
  std::vector<std::string> host_fields_;
  std::vector<FieldRule> proof_fields_;   // field and value that mean TLS
  std::vector<FieldRule> fields_;         // on every answer
  std::vector<FieldRule> secure_fields_;  // on answers to TLS requests
};

}  // namespace fairlead::middleware
