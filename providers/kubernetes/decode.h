// From the API server's JSON to the values of objects.h. What is absent or of another type reads as
// empty: the API server has validated the objects, and a future version may add to them. Pure.
#pragma once

#include <optional>

#include "providers/kubernetes/json_view.h"
#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

Meta decode_meta(const Json& object);
std::vector<Address> decode_addresses(const Json& load_balancer);

void decode(const Json& object, IngressClass& out);
void decode(const Json& object, Ingress& out);
void decode(const Json& object, Service& out);
void decode(const Json& object, EndpointSlice& out);
void decode(const Json& object, Secret& out);
void decode(const Json& object, ConfigMap& out);
void decode(const Json& object, ClusterNode& out);

}  // namespace fairlead::providers::kubernetes
