#include "providers/kubernetes/custom.h"

#include "providers/kubernetes/decode.h"

namespace fairlead::providers::kubernetes {

namespace {

config::Node to_node(const Json& value, int depth) {
  using config::Node;
  if (depth > config::kMaxNodeDepth) return {};
  if (value.is_object()) {
    Node map = Node::map();
    for (auto at = value.begin(); at != value.end(); ++at) {
      map.members.push_back({at.key(), to_node(*at, depth + 1)});
    }
    return map;
  }
  if (value.is_array()) {
    Node list = Node::list();
    for (const Json& item : value) list.items.push_back(to_node(item, depth + 1));
    return list;
  }
  if (value.is_string()) return Node::string(value.get_ref<const std::string&>());
  if (value.is_null()) return {};
  return Node::text(value.dump());
}

}  // namespace

config::Node to_node(const Json& value) { return to_node(value, 0); }

void decode(const Json& object, CustomObject& out) {
  out.meta = decode_meta(object);
  out.annotations = text_map(member(object, {"metadata", "annotations"}));
  // A copy of the whole object, which changes with every edit.
  out.annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  out.spec = to_node(member(object, "spec"));
}

}  // namespace fairlead::providers::kubernetes
