#include "routing/stream_routers.h"

namespace fairlead::routing {

const std::shared_ptr<const tcp::Route>* choose_tls_route(const StreamRouters& routers,
                                                          const TcpMatchContext& context) {
  if (routers.tls == nullptr || routers.https.names(context.server_name)) return nullptr;
  const auto* found = routers.tls->match(context);
  if (found == nullptr) return nullptr;
  bool is_https_first = (*found)->is_catch_all && routers.https.has_catch_all;
  return is_https_first ? nullptr : found;
}

}  // namespace fairlead::routing
