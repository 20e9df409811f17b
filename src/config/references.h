// The names by which dynamic objects point at one another, in every place where they stand: merging
// qualifies them, validation resolves them. Works on plain and qualified names alike. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/dynamic.h"

namespace fairlead::config {

enum class Target : uint8_t { middleware, service, servers_transport, tls_options, router };

// Called with each non-empty name; may rewrite it.
using VisitName = std::function<void(Target target, std::string& name)>;

void visit_names(RouterSpec& router, const VisitName& visit);
void visit_names(ServiceSpec& service, const VisitName& visit);
// Middlewares that name others: chain (middlewares) and errors (service).
void visit_names(MiddlewareSpec& middleware, const VisitName& visit);
// Without rewriting them.
using ReadName = std::function<void(Target target, const std::string& name)>;
void read_names(const MiddlewareSpec& middleware, const ReadName& read);
// TCP and UDP objects; the targets are those of their own protocol, but for TLS options, which are
// shared.
void visit_stream_router_names(OpaqueSpec& router, const VisitName& visit);
void visit_stream_service_names(OpaqueSpec& service, const VisitName& visit);

bool is_middleware_type(const MiddlewareSpec& middleware, std::string_view type);

// "web@docker" → "docker", "" when there is no @.
std::string_view provider_of(std::string_view qualified_name);
// Adds "@provider" unless the name has one already.
std::string qualify(std::string_view name, std::string_view provider);

// A list of words that may have been written as one comma-separated scalar; rewritten to a list in
// place.
void make_word_list(Node& node);

}  // namespace fairlead::config
