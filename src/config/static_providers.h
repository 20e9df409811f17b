// The provider sections of the static configuration. Values, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/node.h"
#include "config/reader.h"

namespace fairlead::config {

struct ClientTls {
  std::string ca, cert, key;  // a path or inline PEM
  bool skips_verify = false;
  bool operator==(const ClientTls&) const = default;
};

struct DockerProviderConfig {
  std::string endpoint = "unix:///var/run/docker.sock";
  std::string username, password;
  std::optional<ClientTls> tls;
  Milliseconds http_client_timeout{0};  // 0: none
  bool exposed_by_default = true;
  std::string constraints;
  std::string default_rule = "Host(`{{ normalize .Name }}`)";
  std::string network;
  bool use_bind_port_ip = false;
  bool allows_empty_services = false;
  bool watch = true;
  bool operator==(const DockerProviderConfig&) const = default;
};

struct FileProviderConfig {
  std::string filename;  // exactly one of the two
  std::string directory;
  bool watch = true;
  bool logs_generated_template = false;
  bool operator==(const FileProviderConfig&) const = default;
};

// What the providers of a Kubernetes cluster have in common.
struct KubernetesAccess {
  std::string endpoint;  // "": the pod's service account, or a kubeconfig
  std::string token;     // a path or the token itself
  std::string cert_auth_file_path;
  bool operator==(const KubernetesAccess&) const = default;
};

struct KubernetesIngressEndpoint {
  std::string ip, hostname, published_service;
  bool operator==(const KubernetesIngressEndpoint&) const = default;
};

struct KubernetesLeaderElection {
  std::string name = "fairlead-leader";
  std::string name_space;  // "": the pod's
  bool is_disabled = false;
  bool operator==(const KubernetesLeaderElection&) const = default;
};

struct KubernetesIngressConfig : KubernetesAccess {
  std::vector<std::string> namespaces;
  std::string label_selector;
  std::string ingress_class;
  std::vector<std::string> controllers{"traefik.io/ingress-controller",
                                       "fairlead.io/ingress-controller"};
  KubernetesIngressEndpoint ingress_endpoint;
  bool reports_node_internal_ips = false;
  Milliseconds throttle_duration{0};
  bool allows_empty_services = false, allows_external_name_services = false;
  std::vector<std::string> cross_provider_namespaces{"*"};
  bool disables_cluster_scope_resources = false;
  bool disables_ingress_class_lookup = false;
  bool has_native_lb_by_default = false;
  bool has_strict_prefix_matching = true;
  std::string status_mode = "write";
  KubernetesLeaderElection leader_election;
  bool operator==(const KubernetesIngressConfig&) const = default;
};

struct KubernetesNginxConfig : KubernetesAccess {
  std::string watch_namespace, watch_namespace_selector;
  bool watches_ingress_without_class = false;
  std::string ingress_class = "nginx", controller_class = "k8s.io/ingress-nginx";
  bool takes_class_by_name = false;
  std::string publish_service;
  std::vector<std::string> publish_status_address;
  std::string default_backend_service;
  bool disables_external_name = false;
  std::string http_entry_point, https_entry_point;
  std::string global_auth_url;
  std::vector<std::string> custom_http_errors, global_allowed_response_headers;
  bool allows_snippet_annotations = false, allows_cross_namespace_resources = false;
  bool has_strict_path_types = true;
  int64_t proxy_connect_timeout = 60, proxy_read_timeout = 60, proxy_send_timeout = 60;
  bool proxy_request_buffering = false, proxy_buffering = false;
  int64_t client_body_buffer_size = 16384, proxy_body_size = 1048576, proxy_buffer_size = 8192,
          proxy_buffers_number = 4;
  std::string proxy_next_upstream = "error timeout";
  int64_t proxy_next_upstream_tries = 3, proxy_next_upstream_timeout = 0;
  int64_t upstream_keepalive_timeout = 60;
  std::optional<Node> ip_allow_list_strategy;
  Milliseconds throttle_duration{0};
  std::string status_mode = "write";
  KubernetesLeaderElection leader_election;
  bool operator==(const KubernetesNginxConfig&) const = default;
};

struct KubernetesCrdConfig : KubernetesAccess {
  std::vector<std::string> namespaces;
  std::string label_selector;
  std::string ingress_class;
  Milliseconds throttle_duration{0};
  bool allows_cross_namespace = false;
  bool allows_empty_services = false, allows_external_name_services = false;
  std::vector<std::string> cross_provider_namespaces{"*"};
  bool disables_cluster_scope_resources = false;
  bool has_native_lb_by_default = false;
  bool operator==(const KubernetesCrdConfig&) const = default;
};

struct ProvidersConfig {
  // Unset: Fairlead's own hold-off (the first change at once, the following when quiet for 20 ms,
  // at most 300 ms late).
  std::optional<Milliseconds> throttle_duration;
  std::vector<std::string>
      precedence;  // provider names, strongest first, for routers of equal priority
  std::optional<DockerProviderConfig> docker;
  std::optional<FileProviderConfig> file;
  std::optional<KubernetesIngressConfig> kubernetes_ingress;
  std::optional<KubernetesNginxConfig> kubernetes_ingress_nginx;
  std::optional<KubernetesCrdConfig> kubernetes_crd;
  // Read by its provider. Present means switched on; always a map.
  std::optional<Node> kubernetes_gateway;
  bool operator==(const ProvidersConfig&) const = default;
};

}  // namespace fairlead::config
