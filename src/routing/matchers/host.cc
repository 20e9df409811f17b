// Host(`example.com`): the request's host, without case and port. "*" is any host, "*.example.com"
// exactly one more label in front of it.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"
#include "routing/rule_names.h"

namespace fairlead::routing::matchers {

namespace {

class Host final : public Predicate {
 public:
  Host(std::string written, IndexHint hint)
      : written_(std::move(written)), hint_(std::move(hint)) {}

  bool matches(const MatchContext& context) const override {
    std::string_view host = context.head.host;
    if (hint_.kind == IndexHint::Kind::any_host) return true;
    if (hint_.kind == IndexHint::Kind::exact_host) return host == hint_.key;
    size_t dot = host.find('.');
    return dot != 0 && dot != std::string_view::npos && host.substr(dot) == hint_.key;
  }

  std::string text() const override { return call_text("Host", {&written_, 1}); }

 private:
  std::string written_;
  IndexHint hint_;
};

// Without trailing dot and IPv6 brackets, lower case.
std::string canonical(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return to_lower(host);
}

std::string fault_of(const std::string& host) {
  if (host.empty() || host == ".") return "Host is empty; name a host or write Host(`*`)";
  if (!is_ascii(host))
    return "Host " + quote_literal(host) + " is not ASCII; write its punycode form (xn--…)";
  if (host.find_first_of(" \t\r\n/?#@,") != std::string::npos) {
    return "Host " + quote_literal(host) +
           " is not a host name; write the name alone, paths go into PathPrefix";
  }
  size_t star = host.rfind('*');
  bool is_wildcard = host.starts_with("*.") && host.size() > 2 && star == 0;
  if (star != std::string::npos && host != "*" && !is_wildcard) {
    return "Host " + quote_literal(host) +
           ": * stands only for the whole first label, as in *.example.com; " +
           "use HostRegexp for other patterns";
  }
  return {};
}

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  if (auto fault = fault_of(arguments[0]); !fault.empty()) return std::unexpected(fault);
  std::string host = canonical(arguments[0]);
  IndexHint hint{IndexHint::Kind::exact_host, host};
  if (host == "*") hint = {IndexHint::Kind::any_host, {}};
  if (host.starts_with("*.")) hint = {IndexHint::Kind::wildcard_host, host.substr(1)};
  return Matcher{std::make_unique<Host>(arguments[0], hint), hint};
}

}  // namespace

extern const MatcherType host;
const MatcherType host{"Host", 1, 1, make};

}  // namespace fairlead::routing::matchers
