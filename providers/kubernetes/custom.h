// A custom resource as routing needs it: its name and its spec, unread. A value.
#pragma once

#include "config/node.h"
#include "providers/kubernetes/json_view.h"
#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

struct CustomObject {
  Meta meta;
  Annotations annotations;
  config::Node spec;
  bool operator==(const CustomObject&) const = default;
};

// The same values as a Node.
config::Node to_node(const Json& value);
void decode(const Json& object, CustomObject& out);

}  // namespace fairlead::providers::kubernetes
