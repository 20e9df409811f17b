#include "observe/log_entry.h"

#include <algorithm>

namespace fairlead::observe {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HeaderList::get(std::string_view name) const {
  for (size_t i = 0; i < count_; ++i) {
    HeaderView field = at_(first_, i);
    if (equal_without_case(field.name, name)) return field.value;
  }
  return {};
}

std::string_view request_path(std::string_view target, Query query) {
  if (!target.starts_with('/')) {
    size_t scheme = target.find("://");
    if (scheme != target.npos) {
      size_t path = target.find_first_of("/?", scheme + 3);
      target = path == target.npos ? std::string_view("/") : target.substr(path);
    }
  }
  return query == Query::keep ? target : target.substr(0, target.find('?'));
}

HostPort split_host_port(std::string_view authority) {
  size_t colon = authority.rfind(':');
  bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos &&
                  (authority.starts_with('[') || authority.find(':') == colon);
  HostPort parts{authority.substr(0, has_port ? colon : authority.npos), "-"};
  if (has_port) parts.port = authority.substr(colon + 1);
  if (has_port && parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  return parts;
}

}  // namespace fairlead::observe
