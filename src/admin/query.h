// What an API request asks for: the decoded path below /api and the query's parameters. A value.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::admin {

// %XX decoded, '+' as it is (paths) or as a blank (queries); malformed escapes stay as they are.
std::string decode_path(std::string_view text);
std::string decode_query(std::string_view text);

class Query {
 public:
  explicit Query(std::string_view text);
  // "" when absent; the first when repeated.
  const std::string& get(std::string_view name) const;
  // Every value of a repeated parameter, in order.
  std::vector<std::string> all(std::string_view name) const;

 private:
  std::multimap<std::string, std::string, std::less<>> values_;
};

// The segments between slashes, each decoded on its own, so that an id may hold an escaped slash.
// Empty ones are kept.
std::vector<std::string> segments(std::string_view path);

}  // namespace fairlead::admin
