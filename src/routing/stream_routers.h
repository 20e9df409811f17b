// What an entry point with TCP routers needs to tell one connection from another: its TCP routers,
// and the server names that its HTTPS routers answer for. Immutable, part of a snapshot.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "routing/tcp_router.h"

namespace fairlead::routing {

// The names of the Host matchers of all HTTPS routers of an entry point.
struct HttpsNames {
  std::unordered_set<std::string, tls::TextHash, std::equal_to<>> exact;
  std::unordered_set<std::string, tls::TextHash, std::equal_to<>> wildcard;  // ".example.com"
  bool has_catch_all = false;  // some router names no host
  bool is_any = false;         // there are HTTPS routers

  bool names(std::string_view server_name) const {
    return exact.contains(server_name) || wildcard.contains(wildcard_suffix(server_name));
  }
};

struct StreamRouters {
  std::shared_ptr<const TcpRouter> plain;  // without TLS; null: none
  std::shared_ptr<const TcpRouter> tls;    // passed through or ended here; null: none
  HttpsNames https;

  // The first bytes cannot change who answers: a client that lets the server speak first is served
  // at once.
  bool decides_unread() const { return plain != nullptr && tls == nullptr && !https.is_any; }
};

// Who answers a client that speaks TLS, in Traefik's order: HTTPS routers that name the server
// name, TCP routers, then those of either kind that take any name. Null: HTTPS.
const std::shared_ptr<const tcp::Route>* choose_tls_route(const StreamRouters& routers,
                                                          const TcpMatchContext& context);

}  // namespace fairlead::routing
