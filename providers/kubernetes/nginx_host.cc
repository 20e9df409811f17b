#include "providers/kubernetes/nginx_host.h"

#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

bool is_canary(const Ingress& ingress) {
  return NginxAnnotations(ingress.annotations).flag("canary");
}

std::string nginx_path(const IngressPath& path) { return path.path.empty() ? "/" : path.path; }

bool is_same_path(const IngressPath& a, const IngressPath& b) {
  return nginx_path(a) == nginx_path(b) && a.type == b.type;
}

// visit(ingress, rule) for each rule of the host, oldest Ingress first, until it returns true.
template <class Visit>
void NginxHosts::each(const std::string& host, Visit visit) const {
  for (const TopicMember& member : topics_.members(host)) {
    const Ingress* ingress = store_.ingresses().find(member.key);
    if (ingress == nullptr) continue;
    for (const IngressRule& rule : ingress->rules) {
      if (host_name(rule.host) == host && visit(*ingress, rule)) return;
    }
  }
}

bool NginxHosts::is_regex(const std::string& host) const {
  bool found = false;
  each(host, [&](const Ingress& ingress, const IngressRule& rule) {
    NginxAnnotations annotations(ingress.annotations);
    if (is_canary(ingress)) return false;  // the main one decides
    std::string target = annotations.text("rewrite-target");
    found = annotations.flag("use-regex");
    for (const IngressPath& path : rule.paths) {
      found = found || (!target.empty() && target != nginx_path(path));
    }
    return found;
  });
  return found;
}

std::string NginxHosts::owner(const std::string& host, const IngressPath& path) const {
  std::string key;
  each(host, [&](const Ingress& ingress, const IngressRule& rule) {
    if (is_canary(ingress)) return false;
    for (const IngressPath& other : rule.paths) {
      if (!is_same_path(other, path)) continue;
      key = ingress.meta.key();
      return true;
    }
    return false;
  });
  return key;
}

NginxHosts::Canary NginxHosts::canary(const std::string& host, const IngressPath& path) const {
  Canary found;
  each(host, [&](const Ingress& ingress, const IngressRule& rule) {
    if (!is_canary(ingress)) return false;
    for (const IngressPath& other : rule.paths) {
      if (!is_same_path(other, path)) continue;
      found = {&ingress, &other};
      return true;
    }
    return false;
  });
  return found;
}

bool NginxHosts::has_rules(const std::string& host, const std::string& not_counting) const {
  bool found = false;
  each(host, [&](const Ingress& ingress, const IngressRule&) {
    found = ingress.meta.key() != not_counting;
    return found;
  });
  return found;
}

}  // namespace fairlead::providers::kubernetes
