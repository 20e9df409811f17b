#include "config/references.h"

#include <algorithm>
#include <cctype>

namespace fairlead::config {
namespace {

void visit_text(std::string& name, Target target, const VisitName& visit) {
  if (!name.empty()) visit(target, name);
}

void visit_scalar(Node& map, std::string_view key, Target target, const VisitName& visit) {
  Node* node = map.find(key);
  if (node != nullptr && node->is_scalar()) visit_text(node->scalar, target, visit);
}

void visit_words(Node& map, std::string_view key, Target target, const VisitName& visit) {
  Node* node = map.find(key);
  if (node == nullptr) return;
  make_word_list(*node);
  for (Node& item : node->items) {
    if (item.is_scalar()) visit_text(item.scalar, target, visit);
  }
}

// The "name" of every element of a list of objects.
void visit_named_items(Node& map, std::string_view key, Target target, const VisitName& visit) {
  Node* list = map.find(key);
  if (list == nullptr) return;
  for (Node& item : list->items) visit_scalar(item, "name", target, visit);
}

std::string trimmed(std::string_view text) {
  auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

void visit_names(RouterSpec& router, const VisitName& visit) {
  visit_text(router.service, Target::service, visit);
  for (std::string& name : router.middlewares) visit_text(name, Target::middleware, visit);
  if (router.tls) visit_text(router.tls->options, Target::tls_options, visit);
  for (std::string& name : router.parent_refs) visit_text(name, Target::router, visit);
}

void visit_names(ServiceSpec& service, const VisitName& visit) {
  for (std::string& name : service.middlewares) visit_text(name, Target::middleware, visit);
  visit_text(service.load_balancer.servers_transport, Target::servers_transport, visit);
  for (WeightedRef& ref : service.services) visit_text(ref.name, Target::service, visit);
  visit_scalar(service.options, "service", Target::service, visit);
  visit_scalar(service.options, "fallback", Target::service, visit);
  visit_named_items(service.options, "mirrors", Target::service, visit);
}

void visit_names(MiddlewareSpec& middleware, const VisitName& visit) {
  if (is_middleware_type(middleware, "chain")) {
    visit_words(middleware.options, "middlewares", Target::middleware, visit);
  } else if (is_middleware_type(middleware, "errors")) {
    visit_scalar(middleware.options, "service", Target::service, visit);
  }
}

void read_names(const MiddlewareSpec& middleware, const ReadName& read) {
  if (!is_middleware_type(middleware, "chain") && !is_middleware_type(middleware, "errors")) return;
  MiddlewareSpec copy = middleware;
  visit_names(copy, [&](Target target, std::string& name) { read(target, name); });
}

void visit_stream_router_names(OpaqueSpec& router, const VisitName& visit) {
  visit_scalar(router.options, "service", Target::service, visit);
  visit_words(router.options, "middlewares", Target::middleware, visit);
  Node* tls = router.options.find("tls");
  if (tls != nullptr) visit_scalar(*tls, "options", Target::tls_options, visit);
}

void visit_stream_service_names(OpaqueSpec& service, const VisitName& visit) {
  if (Node* balancer = service.options.find("loadBalancer")) {
    visit_scalar(*balancer, "serversTransport", Target::servers_transport, visit);
  }
  if (Node* weighted = service.options.find("weighted")) {
    visit_named_items(*weighted, "services", Target::service, visit);
  }
}

bool is_middleware_type(const MiddlewareSpec& middleware, std::string_view type) {
  return std::ranges::equal(middleware.type, type, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

std::string_view provider_of(std::string_view qualified_name) {
  size_t at = qualified_name.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : qualified_name.substr(at + 1);
}

std::string qualify(std::string_view name, std::string_view provider) {
  bool is_qualified = name.contains('@');
  std::string out;
  out.reserve(name.size() + (is_qualified ? 0 : 1 + provider.size()));
  out.append(name);
  if (!is_qualified) out.append("@").append(provider);
  return out;
}

void make_word_list(Node& node) {
  if (!node.is_scalar()) return;
  Node list = Node::list();
  list.origin = node.origin;
  std::string_view rest = node.scalar;
  while (!rest.empty()) {
    size_t comma = std::min(rest.find(','), rest.size());
    std::string word = trimmed(rest.substr(0, comma));
    if (!word.empty()) list.items.push_back(Node::text(std::move(word), node.origin));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  node = std::move(list);
}

}  // namespace fairlead::config
