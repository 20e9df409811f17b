// What every file of routing/tcp_matchers exports: how a call in a TCP rule becomes a predicate.
// list.inc names every matcher; registry.cc is the table.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/address.h"
#include "routing/matchers/matcher_type.h"

namespace fairlead::routing {

// What TCP rules may ask about. Without TLS there are neither name nor protocols.
struct TcpMatchContext {
  std::string_view server_name;            // lower case, without a final dot; "" = none
  std::span<const std::string> protocols;  // ALPN, as the client offers them
  const io::Address& peer;
};

class TcpPredicate {
 public:
  virtual ~TcpPredicate() = default;
  virtual bool matches(const TcpMatchContext& context) const = 0;
  // The matcher as written ("HostSNI(`db.example`)"), for explanations.
  virtual std::string text() const = 0;
};

struct TcpMatcher {
  std::unique_ptr<const TcpPredicate> predicate;
  IndexHint hint;  // hosts only
};

struct TcpMatcherType {
  std::string_view name;  // "HostSNI"
  // Or what is wrong with the argument, for people. Every TCP matcher has one argument.
  std::expected<TcpMatcher, std::string> (*make)(const std::string& argument);
  bool is_regexp = false;
};

// By exact, lower, UPPER or Title case of the whole name; null when unknown.
const TcpMatcherType* find_tcp_matcher(std::string_view name);
std::span<const TcpMatcherType* const> all_tcp_matchers();

}  // namespace fairlead::routing
