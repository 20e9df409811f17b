// Middleware and MiddlewareTCP: as in the dynamic configuration, but that credentials come from
// Secrets and references are to objects.
#include "base/base64.h"
#include "providers/kubernetes/custom_part.h"
#include "providers/kubernetes/sha1.h"
#include "providers/kubernetes/word_list.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

// Each returns whether the middleware can be made.
bool fill_users(CustomTranslation& t, Node& options, const std::string& field) {
  std::string name = node_text(options, "secret");
  options.erase("secret");
  if (name.empty()) return true;
  const Secret* secret = t.secret(name, field + ".secret");
  if (secret == nullptr) return false;
  auto value = [&](const char* key) {
    auto found = secret->data.find(key);
    return found == secret->data.end() ? std::string() : found->second;
  };
  if (secret->type == "kubernetes.io/basic-auth") {
    options.at("users") =
        text_list({trimmed(value("username")) + ":{SHA}" + base64_encode(sha1(value("password")))});
    if (!value("username").empty()) return true;
  } else {
    std::string users = value("users");
    if (users.empty() && secret->data.size() == 1) users = secret->data.begin()->second;
    options.at("users") = text_list(split_words(users, '\n'));
    if (!users.empty()) return true;
  }
  t.fault("InvalidSecret", field + ".secret",
          "Secret " + secret->meta.key() + " has no entry \"users\" with lines name:hash");
  return false;
}

bool fill_tls(CustomTranslation& t, Node& options, const std::string& field) {
  Node* tls = options.find("tls");
  if (tls == nullptr) return true;
  std::string ca = node_text(*tls, "caSecret"), cert = node_text(*tls, "certSecret");
  tls->erase("caSecret");
  tls->erase("certSecret");
  if (!ca.empty()) {
    std::string pem = t.secret_value(ca, {"ca.crt", "tls.ca", "tls.crt"}, field + ".tls.caSecret");
    if (pem.empty()) return false;
    tls->at("ca") = Node::string(pem);
  }
  if (!cert.empty()) {
    auto pair = t.pair(cert, field + ".tls.certSecret");
    if (!pair) return false;
    tls->at("cert") = Node::string(pair->first);
    tls->at("key") = Node::string(pair->second);
  }
  return true;
}

bool fill_redis(CustomTranslation& t, Node& options, const std::string& field) {
  Node* redis = options.find("redis");
  if (redis == nullptr) return true;
  std::string name = node_text(*redis, "secret");
  redis->erase("secret");
  if (!name.empty()) {
    const Secret* secret = t.secret(name, field + ".redis.secret");
    if (secret == nullptr) return false;
    for (const char* key : {"username", "password"}) {
      auto found = secret->data.find(key);
      if (found != secret->data.end()) redis->at(key) = Node::string(found->second);
    }
  }
  return fill_tls(t, *redis, field + ".redis");
}

bool fill_chain(CustomTranslation& t, Node& options, const std::string& field) {
  auto names = t.references(options.find("middlewares"), field + ".middlewares");
  if (!names) return false;
  options.at("middlewares") = text_list(*names);
  return true;
}

bool fill_errors(CustomTranslation& t, Node& options, const std::string& field) {
  const Node* entry = options.find("service");
  if (entry == nullptr || !entry->is_map()) return true;
  auto name = t.service(*entry, field + ".service");
  if (!name) return false;
  options.at("service") = Node::string(*name);
  return true;
}

bool fill(CustomTranslation& t, const std::string& type, Node& options) {
  std::string field = "spec." + type;
  if (type == "basicAuth" || type == "digestAuth") return fill_users(t, options, field);
  if (type == "forwardAuth") return fill_tls(t, options, field);
  if (type == "rateLimit") return fill_redis(t, options, field);
  if (type == "chain") return fill_chain(t, options, field);
  if (type == "errors") return fill_errors(t, options, field);
  return true;
}

}  // namespace

void translate_middleware(CustomTranslation& t) {
  Node made = t.object.spec;
  for (config::Member& member : made.members) {
    if (!fill(t, member.key, member.value)) return;
  }
  Node document;
  const char* protocol = t.kind == Kind::middleware ? "http" : "tcp";
  document.at(protocol).at("middlewares").at(t.own_name()) = std::move(made);
  t.decode(document, "spec");
}

}  // namespace fairlead::providers::kubernetes
