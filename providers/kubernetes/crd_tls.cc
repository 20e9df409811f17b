// TLSOption, TLSStore, ServersTransport and ServersTransportTCP: Secrets and ConfigMaps become PEM.
#include "providers/kubernetes/custom_part.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

// One of rootCAs: {secret: name} or {configMap: name}.
std::string authority(CustomTranslation& t, const Node& source, const std::string& field) {
  std::string name = node_text(source, "secret");
  if (!name.empty()) return t.secret_value(name, {"ca.crt", "tls.ca", "tls.crt"}, field);
  name = node_text(source, "configMap");
  std::string key = t.space() + "/" + name;
  t.part.config_maps.insert(key);
  const ConfigMap* map = t.store.config_maps().find(key);
  if (map == nullptr) {
    t.fault("MissingConfigMap", field, "ConfigMap " + key + " does not exist");
    return "";
  }
  auto found = map->data.find("ca.crt");
  if (found != map->data.end()) return found->second;
  t.fault("InvalidConfigMap", field, "ConfigMap " + key + " has no ca.crt in PEM");
  return "";
}

// rootCAs, the older rootCAsSecrets, and certificatesSecrets, under `options`. A reference that
// leads nowhere is an authority less to trust, never one more; the rest counts.
void fill_transport(CustomTranslation& t, Node& options, const std::string& field) {
  std::vector<std::string> authorities;
  if (const Node* list = options.find("rootCAs")) {
    for (size_t i = 0; i < list->items.size(); ++i) {
      std::string pem = authority(t, list->items[i], field + ".rootCAs[" + std::to_string(i) + "]");
      if (!pem.empty()) authorities.push_back(std::move(pem));
    }
  }
  if (const Node* list = options.find("rootCAsSecrets")) {
    for (const Node& name : list->items) {
      std::string pem =
          t.secret_value(name.scalar, {"ca.crt", "tls.ca", "tls.crt"}, field + ".rootCAsSecrets");
      if (!pem.empty()) authorities.push_back(std::move(pem));
    }
  }
  Node certificates = Node::list();
  if (const Node* list = options.find("certificatesSecrets")) {
    for (const Node& name : list->items) {
      auto pair = t.pair(name.scalar, field + ".certificatesSecrets");
      if (!pair) continue;
      Node& item = certificates.items.emplace_back(Node::map());
      item.at("certFile") = Node::string(pair->first);
      item.at("keyFile") = Node::string(pair->second);
    }
  }
  for (const char* key : {"rootCAs", "rootCAsSecrets", "certificatesSecrets"}) options.erase(key);
  if (!authorities.empty()) options.at("rootCAs") = text_list(authorities);
  if (!certificates.items.empty()) options.at("certificates") = std::move(certificates);
}

}  // namespace

void translate_servers_transport(CustomTranslation& t) {
  Node made = t.object.spec;
  bool is_http = t.kind == Kind::servers_transport;
  if (is_http) {
    fill_transport(t, made, "spec");
  } else if (Node* tls = made.find("tls")) {
    fill_transport(t, *tls, "spec.tls");
  }
  Node document;
  document.at(is_http ? "http" : "tcp").at("serversTransports").at(t.own_name()) = std::move(made);
  t.decode(document, "spec");
}

void translate_tls_option(CustomTranslation& t) {
  Node made = t.object.spec;
  if (Node* client = made.find("clientAuth")) {
    std::vector<std::string> authorities;
    if (const Node* names = client->find("secretNames")) {
      for (const Node& name : names->items) {
        std::string pem =
            t.secret_value(name.scalar, {"ca.crt", "tls.ca"}, "spec.clientAuth.secretNames");
        // Without its authorities nobody could be verified: better no options than open ones.
        if (pem.empty()) return;
        authorities.push_back(std::move(pem));
      }
    }
    client->erase("secretNames");
    if (!authorities.empty()) client->at("caFiles") = text_list(authorities);
  }
  bool is_default = t.object.meta.name == "default";
  Node document;
  document.at("tls").at("options").at(is_default ? "default" : t.own_name()) = std::move(made);
  t.decode(document, "spec");
}

void translate_tls_store(CustomTranslation& t) {
  if (t.object.meta.name != "default") {
    return t.fault("UnsupportedStore", "metadata.name",
                   "only the TLSStore named \"default\" is used");
  }
  Node made = Node::map();
  if (const Node* generated = t.object.spec.find("defaultGeneratedCert")) {
    made.at("defaultGeneratedCert") = *generated;
  }
  const Node* certificate = t.object.spec.find("defaultCertificate");
  std::string name = certificate == nullptr ? "" : node_text(*certificate, "secretName");
  if (!name.empty()) {
    auto pair = t.pair(name, "spec.defaultCertificate.secretName");
    if (pair) {
      Node& target = made.at("defaultCertificate") = Node::map();
      target.at("certFile") = Node::string(pair->first);
      target.at("keyFile") = Node::string(pair->second);
    }
  }
  if (const Node* list = t.object.spec.find("certificates")) {
    for (const Node& item : list->items) {
      auto pair = t.pair(node_text(item, "secretName"), "spec.certificates");
      if (pair) t.part.objects.certificates.push_back({pair->first, pair->second, {"default"}});
    }
  }
  Node document;
  document.at("tls").at("stores").at("default") = std::move(made);
  t.decode(document, "spec");
}

}  // namespace fairlead::providers::kubernetes
