// A TCP router, compiled: what a match yields. Immutable, part of a snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tcp/middleware.h"
#include "tcp/service.h"
#include "tls/server_context.h"

namespace fairlead::tcp {

struct Route {
  enum class Tls : uint8_t { none, passed_through, ended_here };

  std::string name, rule, service_name;  // qualified
  int64_t priority = 0;
  bool is_catch_all = false;  // HostSNI(`*`)
  Tls tls = Tls::none;
  tls::ServerContextPtr context;  // ended_here; null: its options are broken, clients are refused
  std::vector<std::string> middleware_names;
  std::vector<std::shared_ptr<const Middleware>> middlewares;
  std::shared_ptr<const Service> service;
};

}  // namespace fairlead::tcp
