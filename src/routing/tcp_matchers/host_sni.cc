// HostSNI(`db.example`): the server name that the client's TLS asks for. "*" is any name and none,
// "*.example" exactly one more label in front of it.
#include "routing/rule_literal.h"
#include "routing/rule_names.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing::matchers {

namespace {

class HostSni final : public TcpPredicate {
 public:
  HostSni(std::string written, IndexHint hint)
      : written_(std::move(written)), hint_(std::move(hint)) {}

  bool matches(const TcpMatchContext& context) const override {
    std::string_view name = context.server_name;
    if (hint_.kind == IndexHint::Kind::any_host) return true;
    if (hint_.kind == IndexHint::Kind::exact_host) return name == hint_.key;
    size_t dot = name.find('.');
    return dot != 0 && dot != std::string_view::npos && name.substr(dot) == hint_.key;
  }
  std::string text() const override { return call_text("HostSNI", {&written_, 1}); }

 private:
  std::string written_;
  IndexHint hint_;
};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string fault_of(const std::string& name, std::string_view checked) {
  if (!is_ascii(name))
    return "HostSNI " + quote_literal(name) + " is not ASCII; write its punycode form (xn--…)";
  if (name.contains('*') && (!name.starts_with("*.") || name.rfind('*') != 0)) {
    return "HostSNI " + quote_literal(name) +
           ": * stands alone or for the whole first label, as in *.example.com; use HostSNIRegexp "
           "for other patterns";
  }
  bool is_name = !checked.empty() && checked.front() != '.';
  for (char c : checked) is_name = is_name && is_name_byte(c);
  if (is_name) return {};
  return "HostSNI " + quote_literal(name) + " is not a server name; write a name alone, or `*`";
}

std::expected<TcpMatcher, std::string> make(const std::string& argument) {
  IndexHint hint{IndexHint::Kind::any_host, {}};
  if (argument == "*") return TcpMatcher{std::make_unique<HostSni>(argument, hint), hint};
  std::string name = to_lower(argument);
  if (name.ends_with('.')) name.pop_back();
  bool is_wildcard = name.starts_with("*.");
  if (auto fault = fault_of(argument, std::string_view(name).substr(is_wildcard ? 2 : 0));
      !fault.empty())
    return std::unexpected(fault);
  hint = {is_wildcard ? IndexHint::Kind::wildcard_host : IndexHint::Kind::exact_host,
          is_wildcard ? name.substr(1) : name};
  return TcpMatcher{std::make_unique<HostSni>(argument, hint), hint};
}

}  // namespace

extern const TcpMatcherType host_sni;
const TcpMatcherType host_sni{"HostSNI", make};

}  // namespace fairlead::routing::matchers
