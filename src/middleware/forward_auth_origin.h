// The authentication service of a forwardAuth middleware as a service of the configuration: its
// address, and the name under which Exchange::service() has it. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/node.h"

namespace fairlead::middleware {

struct AuthAddress {
  std::string server;  // "https://auth.example:9091"
  std::string scheme;
  std::string authority;
  std::string path;   // at least "/"
  std::string query;  // without "?"
  bool has_query = false;
};

// What is wrong with it, for people.
std::expected<AuthAddress, std::string> parse_auth_address(std::string_view address);

// Of a middleware's qualified name: plain, for the fragment of the provider "internal", and
// qualified, as it is found afterwards.
std::string auth_service_name(std::string_view middleware);
std::string qualified_auth_service_name(std::string_view middleware);

}  // namespace fairlead::middleware
