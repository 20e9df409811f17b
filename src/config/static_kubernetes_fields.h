// The options of the Kubernetes providers, one line each (static_fields.h).
#pragma once

#include "config/entry_point_fields.h"
#include "config/static_providers.h"

namespace fairlead::config {

template <class V, class T>
void kubernetes_access_fields(V& v, T& t) {
  v.value("endpoint", t.endpoint,
          "the API server; empty: the pod's service account, else `KUBECONFIG`");
  v.secret("token", t.token, "bearer token: path or the token itself");
  v.value("certAuthFilePath", t.cert_auth_file_path, "authority of the API server's certificate");
}

template <class V, Is<KubernetesIngressEndpoint> T>
void fields(V& v, T& t) {
  v.value("ip", t.ip, "addresses written into the status of Ingresses, separated by commas");
  v.value("hostname", t.hostname, "host names written there");
  v.value("publishedService", t.published_service,
          "`namespace/name` of the Service whose addresses are written there");
}

template <class V, Is<KubernetesLeaderElection> T>
void fields(V& v, T& t) {
  v.value("name", t.name, "name of the Lease");
  v.value("namespace", t.name_space, "its namespace; empty: the pod's");
  v.value("disabled", t.is_disabled, "every replica writes status and Events");
}

template <class V, class T>
void kubernetes_status_fields(V& v, T& t) {
  v.word("statusMode", t.status_mode, {"write", "shadow", "off"},
         "write the status of Ingresses, only log what would be written, or neither");
  v.section("leaderElection", t.leader_election, "which replica writes status and Events");
}

template <class V, Is<KubernetesIngressConfig> T>
void fields(V& v, T& t) {
  kubernetes_access_fields(v, t);
  v.value("namespaces", t.namespaces, "only these namespaces; empty: all");
  v.value("labelSelector", t.label_selector, "only Ingresses with these labels");
  v.value(
      "ingressClass", t.ingress_class,
      "only Ingresses of this class; empty: of any class with one of the controllers, or of none");
  v.value("controllers", t.controllers, "values of `spec.controller` that make a class ours");
  v.section("ingressEndpoint", t.ingress_endpoint, "address in the status of Ingresses");
  v.value("reportNodeInternalIPs", t.reports_node_internal_ips,
          "use the nodes' internal addresses with `nodeportlb`");
  v.value("throttleDuration", t.throttle_duration, "least time between two updates");
  v.value("allowEmptyServices", t.allows_empty_services,
          "accepted; routes without endpoints always answer 503");
  v.value("allowExternalNameServices", t.allows_external_name_services,
          "follow Services of type ExternalName");
  v.value("crossProviderNamespaces", t.cross_provider_namespaces,
          "namespaces that may refer to `name@provider` of others; `*`: all");
  v.value("disableClusterScopeResources", t.disables_cluster_scope_resources,
          "read no IngressClasses and Nodes, for permissions within namespaces");
  v.value("disableIngressClassLookup", t.disables_ingress_class_lookup,
          "read no IngressClasses; compare names only");
  v.value("nativeLBByDefault", t.has_native_lb_by_default,
          "send to Services' cluster addresses instead of their endpoints");
  v.value("strictPrefixMatching", t.has_strict_prefix_matching,
          "Prefix paths match whole path elements; false: any text, as in Traefik");
  kubernetes_status_fields(v, t);
}

template <class V, Is<KubernetesNginxConfig> T>
void fields(V& v, T& t) {
  kubernetes_access_fields(v, t);
  v.value("watchNamespace", t.watch_namespace, "only this namespace; empty: all");
  v.value("watchNamespaceSelector", t.watch_namespace_selector,
          "only namespaces with these labels; read at the start");
  v.value("watchIngressWithoutClass", t.watches_ingress_without_class,
          "also Ingresses that name no class");
  v.value("ingressClass", t.ingress_class, "name of the class, for the annotation");
  v.value("controllerClass", t.controller_class, "`spec.controller` that makes a class ours");
  v.value("ingressClassByName", t.takes_class_by_name, "also classes of that name");
  v.value("publishService", t.publish_service,
          "`namespace/name` of the Service whose addresses go into the status");
  v.value("publishStatusAddress", t.publish_status_address, "addresses that go there instead");
  v.value("defaultBackendService", t.default_backend_service,
          "`namespace/name` of the Service for requests that match nothing");
  v.value("disableSvcExternalName", t.disables_external_name,
          "refuse Services of type ExternalName");
  v.value("httpEntryPoint", t.http_entry_point, "entry point for http; empty: the defaults");
  v.value("httpsEntryPoint", t.https_entry_point, "entry point for https; empty: the defaults");
  v.value("globalAuthURL", t.global_auth_url, "`auth-url` of Ingresses that do not opt out");
  v.value("customHTTPErrors", t.custom_http_errors, "`custom-http-errors` of all Ingresses");
  v.value("globalAllowedResponseHeaders", t.global_allowed_response_headers,
          "names that `custom-headers` may set");
  v.value("allowSnippetAnnotations", t.allows_snippet_annotations,
          "accepted; snippets are reported, never run");
  v.value("allowCrossNamespaceResources", t.allows_cross_namespace_resources,
          "annotations may name Secrets and ConfigMaps of other namespaces");
  v.value("strictValidatePathType", t.has_strict_path_types,
          "Exact and Prefix paths hold no characters of regular expressions");
  v.number("proxyConnectTimeout", t.proxy_connect_timeout, 0, 1 << 30, "default, in seconds");
  v.number("proxyReadTimeout", t.proxy_read_timeout, 0, 1 << 30, "default, in seconds");
  v.number("proxySendTimeout", t.proxy_send_timeout, 0, 1 << 30, "default, in seconds");
  v.value("proxyRequestBuffering", t.proxy_request_buffering, "read requests whole first");
  v.value("proxyBuffering", t.proxy_buffering, "read responses whole first");
  v.number("clientBodyBufferSize", t.client_body_buffer_size, 0, 1LL << 40, "bytes in memory");
  v.number("proxyBodySize", t.proxy_body_size, 0, 1LL << 40, "largest request body; 0: any");
  v.number("proxyBufferSize", t.proxy_buffer_size, 0, 1LL << 40, "bytes in memory");
  v.number("proxyBuffersNumber", t.proxy_buffers_number, 0, 1 << 30, "times that");
  v.value("proxyNextUpstream", t.proxy_next_upstream, "when to try another endpoint");
  v.number("proxyNextUpstreamTries", t.proxy_next_upstream_tries, 0, 1000, "at most so often");
  v.number("proxyNextUpstreamTimeout", t.proxy_next_upstream_timeout, 0, 1 << 30,
           "at most so many seconds; 0: any");
  v.number("upstreamKeepaliveTimeout", t.upstream_keepalive_timeout, 0, 1 << 30,
           "idle connections to endpoints, in seconds");
  v.raw("ipAllowListStrategy", t.ip_allow_list_strategy,
        "`depth`, `excludedIPs`, `ipv6Subnet`: which address lists are compared with");
  v.value("throttleDuration", t.throttle_duration, "least time between two updates");
  kubernetes_status_fields(v, t);
}

template <class V, Is<KubernetesCrdConfig> T>
void fields(V& v, T& t) {
  kubernetes_access_fields(v, t);
  v.value("namespaces", t.namespaces, "only these namespaces; empty: all");
  v.value("labelSelector", t.label_selector, "only objects with these labels");
  v.value("ingressClass", t.ingress_class, "only routes of this class; empty: all");
  v.value("throttleDuration", t.throttle_duration, "least time between two updates");
  v.value("allowCrossNamespace", t.allows_cross_namespace,
          "objects may refer to others of any namespace");
  v.value("allowEmptyServices", t.allows_empty_services,
          "accepted; routes without endpoints always answer 503");
  v.value("allowExternalNameServices", t.allows_external_name_services,
          "follow Services of type ExternalName");
  v.value("crossProviderNamespaces", t.cross_provider_namespaces,
          "namespaces that may refer to `name@provider` of others; `*`: all");
  v.value("disableClusterScopeResources", t.disables_cluster_scope_resources,
          "read no IngressClasses and Nodes, for permissions within namespaces");
  v.value("nativeLBByDefault", t.has_native_lb_by_default,
          "send to Services' cluster addresses instead of their endpoints");
}

}  // namespace fairlead::config
