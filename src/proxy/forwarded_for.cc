#include "proxy/forwarded_for.h"

namespace fairlead::proxy {

void append_forwarded_for(pipeline::Exchange& x) {
  if (x.has_forwarded_for || x.peer == nullptr) return;
  x.has_forwarded_for = true;
  char* text = x.arena.take_chars(46);
  std::string_view peer = x.peer->ip_text(text);
  if (peer.empty()) return;
  const http::Field* before = x.request.headers.find(http::FieldId::x_forwarded_for);
  if (before == nullptr) {
    x.request.headers.add(http::FieldId::x_forwarded_for, peer);
    return;
  }
  std::string_view all;
  for (const http::Field& field : x.request.headers.fields()) {
    if (field.id != http::FieldId::x_forwarded_for) continue;
    all = all.empty() ? field.value : x.arena.join(all, std::string_view(", "), field.value);
  }
  if (!all.empty()) peer = x.arena.join(all, std::string_view(", "), peer);
  x.request.headers.set(http::FieldId::x_forwarded_for, peer);
}

}  // namespace fairlead::proxy
