{{- define "fairlead.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "fairlead.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "fairlead.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "fairlead.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "fairlead.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "fairlead.selectorLabels" -}}
app.kubernetes.io/name: {{ include "fairlead.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fairlead.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "fairlead.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "fairlead.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "fairlead.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fairlead.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry }}
{{- with $registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{/* What cannot work is refused here, with what to do instead. */}}
{{- define "fairlead.guards" -}}
{{- if not (has .Values.kind (list "Deployment" "DaemonSet")) }}
{{- fail (printf "kind: %q is neither Deployment nor DaemonSet" .Values.kind) }}
{{- end }}
{{- if and (eq .Values.kind "DaemonSet") .Values.autoscaling.enabled }}
{{- fail "autoscaling.enabled: a DaemonSet has one pod a node; set kind: Deployment or autoscaling.enabled: false" }}
{{- end }}
{{- if and .Values.podDisruptionBudget.minAvailable .Values.podDisruptionBudget.maxUnavailable }}
{{- fail "podDisruptionBudget: set minAvailable or maxUnavailable, and the other to null" }}
{{- end }}
{{- if and (eq .Values.rbac.scope "namespace") (not .Values.watch.namespaces) }}
{{- fail "rbac.scope: namespace needs watch.namespaces, a Role is made in each of them" }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) }}
{{- fail "metrics.serviceMonitor.enabled needs metrics.enabled" }}
{{- end }}
{{- if ge (add .Values.shutdownDelay .Values.graceTimeout) (int .Values.terminationGracePeriodSeconds) }}
{{- fail "terminationGracePeriodSeconds must be above shutdownDelay + graceTimeout, or pods are killed while they drain" }}
{{- end }}
{{- $ports := dict }}
{{- range $name, $e := .Values.entrypoints }}
{{- $key := printf "%v/%s" $e.port $e.protocol }}
{{- if hasKey $ports $key }}
{{- fail (printf "entrypoints.%s.port: %v is also the port of %s" $name $e.port (get $ports $key)) }}
{{- end }}
{{- $_ := set $ports $key (printf "entrypoints.%s" $name) }}
{{- if eq (int $e.port) (int $.Values.adminPort) }}
{{- fail (printf "entrypoints.%s.port: %v is the adminPort" $name $e.port) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Options below a key, as arguments: {a: {b: 1}} gives --key.a.b=1. */}}
{{- define "fairlead.flatten" -}}
{{- range $key, $value := .tree }}
{{- $path := printf "%s.%s" $.path $key }}
{{- if kindIs "map" $value }}
{{- if $value }}
{{- include "fairlead.flatten" (dict "path" $path "tree" $value) }}
{{- else }}
- {{ printf "%s=true" $path | quote }}
{{- end }}
{{- else if kindIs "slice" $value }}
- {{ printf "%s=%s" $path (join "," $value) | quote }}
{{- else if kindIs "float64" $value }}
- {{ printf "%s=%v" $path ($value | int64) | quote }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "%s=%v" $path $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "fairlead.entrypointArguments" -}}
{{- range $name, $e := .Values.entrypoints }}
{{- $path := printf "--entryPoints.%s" $name }}
- {{ printf "%s.address=:%d%s" $path (int $e.port) (ternary "/udp" "" (eq $e.protocol "UDP")) | quote }}
{{- if eq $e.protocol "TCP" }}
- {{ printf "%s.transport.lifeCycle.requestAcceptGraceTimeout=%ds" $path (int $.Values.shutdownDelay) | quote }}
- {{ printf "%s.transport.lifeCycle.graceTimeOut=%ds" $path (int $.Values.graceTimeout) | quote }}
{{- if not (kindIs "invalid" $e.tls) }}
{{- if $e.tls }}
{{- include "fairlead.flatten" (dict "path" (printf "%s.http.tls" $path) "tree" $e.tls) }}
{{- else }}
- {{ printf "%s.http.tls=true" $path | quote }}
{{- end }}
{{- end }}
{{- with $e.proxyProtocol }}
{{- include "fairlead.flatten" (dict "path" (printf "%s.proxyProtocol" $path) "tree" .) }}
{{- end }}
{{- with $e.forwardedHeaders }}
{{- include "fairlead.flatten" (dict "path" (printf "%s.forwardedHeaders" $path) "tree" .) }}
{{- end }}
{{- with $e.redirections }}
{{- include "fairlead.flatten" (dict "path" (printf "%s.http.redirections.entryPoint" $path) "tree" .) }}
{{- end }}
{{- end }}
{{- with $e.extra }}
{{- include "fairlead.flatten" (dict "path" $path "tree" .) }}
{{- end }}
{{- end }}
{{- range $port, $_ := .Values.tcp }}
- {{ printf "--entryPoints.tcp-%s.address=:%s" $port $port | quote }}
{{- end }}
{{- range $port, $_ := .Values.udp }}
- {{ printf "--entryPoints.udp-%s.address=:%s/udp" $port $port | quote }}
{{- end }}
{{- end }}

{{/* namespace/service:port as the address that the cluster's DNS knows. */}}
{{- define "fairlead.backendAddress" -}}
{{- $slash := splitn "/" 2 .target }}
{{- $colon := splitn ":" 3 $slash._1 }}
{{- if not $colon._1 }}
{{- fail (printf "%s: %q is not namespace/service:port" .where .target) }}
{{- end }}
{{- printf "%s.%s.svc:%s" $colon._0 $slash._0 $colon._1 }}
{{- end }}

{{/* What only a file can say: the default certificate, ports of plain TCP and UDP. */}}
{{- define "fairlead.dynamic" -}}
{{- if .Values.tls.defaultCertificate }}
tls:
  stores:
    default:
      defaultCertificate:
        certFile: /etc/fairlead-tls/tls.crt
        keyFile: /etc/fairlead-tls/tls.key
{{- end }}
{{- if .Values.tcp }}
tcp:
  routers:
{{- range $port, $_ := .Values.tcp }}
    port-{{ $port }}:
      entryPoints: [tcp-{{ $port }}]
      rule: HostSNI(`*`)
      service: port-{{ $port }}
{{- end }}
  services:
{{- range $port, $target := .Values.tcp }}
    port-{{ $port }}:
      loadBalancer:
        servers:
          - address: {{ include "fairlead.backendAddress" (dict "target" $target "where" (printf "tcp.%s" $port)) }}
{{- end }}
{{- end }}
{{- if .Values.udp }}
udp:
  routers:
{{- range $port, $_ := .Values.udp }}
    port-{{ $port }}:
      entryPoints: [udp-{{ $port }}]
      service: port-{{ $port }}
{{- end }}
  services:
{{- range $port, $target := .Values.udp }}
    port-{{ $port }}:
      loadBalancer:
        servers:
          - address: {{ include "fairlead.backendAddress" (dict "target" $target "where" (printf "udp.%s" $port)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Ports of the Services, by entry point. */}}
{{- define "fairlead.servicePorts" -}}
{{- range $name, $e := .Values.entrypoints }}
{{- if $e.expose }}
- name: {{ $name }}
  port: {{ $e.exposedPort }}
  targetPort: {{ $name }}
  protocol: {{ $e.protocol }}
{{- with $e.nodePort }}
  nodePort: {{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- range $port, $_ := .Values.tcp }}
- name: tcp-{{ $port }}
  port: {{ $port }}
  targetPort: tcp-{{ $port }}
  protocol: TCP
{{- end }}
{{- range $port, $_ := .Values.udp }}
- name: udp-{{ $port }}
  port: {{ $port }}
  targetPort: udp-{{ $port }}
  protocol: UDP
{{- end }}
{{- end }}

{{- define "fairlead.publishArguments" -}}
{{- $service := printf "%s/%s" (include "fairlead.namespace" .) (include "fairlead.fullname" .) }}
{{- if .Values.providers.kubernetesIngress.enabled }}
{{- if or .Values.status.addresses .Values.status.hostnames }}
{{- with .Values.status.addresses }}
- {{ printf "--providers.kubernetesIngress.ingressEndpoint.ip=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.status.hostnames }}
- {{ printf "--providers.kubernetesIngress.ingressEndpoint.hostname=%s" (join "," .) | quote }}
{{- end }}
{{- else if and .Values.status.publishService .Values.service.enabled }}
- {{ printf "--providers.kubernetesIngress.ingressEndpoint.publishedService=%s" $service | quote }}
{{- end }}
{{- end }}
{{- if .Values.adoptNginxClass }}
{{- if .Values.status.addresses }}
- {{ printf "--providers.kubernetesIngressNGINX.publishStatusAddress=%s" (join "," .Values.status.addresses) | quote }}
{{- else if and .Values.status.publishService .Values.service.enabled }}
- {{ printf "--providers.kubernetesIngressNGINX.publishService=%s" $service | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "fairlead.providerArguments" -}}
{{- if .Values.providers.kubernetesIngress.enabled }}
- "--providers.kubernetesIngress=true"
- {{ printf "--providers.kubernetesIngress.statusMode=%s" .Values.status.mode | quote }}
- {{ printf "--providers.kubernetesIngress.controllers=%s" (join "," (list "traefik.io/ingress-controller" .Values.ingressClass.controllerValue | uniq)) | quote }}
{{- with .Values.watch.namespaces }}
- {{ printf "--providers.kubernetesIngress.namespaces=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.watch.selector }}
- {{ printf "--providers.kubernetesIngress.labelSelector=%s" . | quote }}
{{- end }}
{{- if eq .Values.rbac.scope "namespace" }}
- "--providers.kubernetesIngress.disableClusterScopeResources=true"
{{- end }}
{{- with .Values.providers.kubernetesIngress.extra }}
{{- include "fairlead.flatten" (dict "path" "--providers.kubernetesIngress" "tree" .) }}
{{- end }}
{{- end }}
{{- if .Values.adoptNginxClass }}
- "--providers.kubernetesIngressNGINX=true"
- {{ printf "--providers.kubernetesIngressNGINX.statusMode=%s" .Values.status.mode | quote }}
- {{ printf "--providers.kubernetesIngressNGINX.ingressClass=%s" .Values.nginx.className | quote }}
- {{ printf "--providers.kubernetesIngressNGINX.controllerClass=%s" .Values.nginx.controllerValue | quote }}
- {{ printf "--providers.kubernetesIngressNGINX.watchIngressWithoutClass=%v" .Values.nginx.watchIngressWithoutClass | quote }}
{{- with .Values.defaultBackend.service }}
- {{ printf "--providers.kubernetesIngressNGINX.defaultBackendService=%s" . | quote }}
{{- end }}
{{- with .Values.nginx.extra }}
{{- include "fairlead.flatten" (dict "path" "--providers.kubernetesIngressNGINX" "tree" .) }}
{{- end }}
{{- end }}
{{- if .Values.providers.kubernetesCRD.enabled }}
- "--providers.kubernetesCRD=true"
{{- with .Values.watch.namespaces }}
- {{ printf "--providers.kubernetesCRD.namespaces=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.providers.kubernetesCRD.extra }}
{{- include "fairlead.flatten" (dict "path" "--providers.kubernetesCRD" "tree" .) }}
{{- end }}
{{- end }}
{{- include "fairlead.publishArguments" . }}
{{- end }}

{{- define "fairlead.arguments" -}}
{{- include "fairlead.entrypointArguments" . }}
- {{ printf "--entryPoints.traefik.address=:%d" (int .Values.adminPort) | quote }}
- "--ping=true"
- "--api=true"
{{- if .Values.api.insecure }}
- "--api.insecure=true"
{{- end }}
{{- if .Values.metrics.enabled }}
- "--metrics.prometheus=true"
- {{ printf "--metrics.prometheus.addRoutersLabels=%v" .Values.metrics.addRoutersLabels | quote }}
{{- end }}
- {{ printf "--log.level=%s" .Values.logs.level | quote }}
- {{ printf "--log.format=%s" .Values.logs.format | quote }}
{{- if .Values.logs.accessLog.enabled }}
- "--accessLog=true"
- {{ printf "--accessLog.format=%s" .Values.logs.accessLog.format | quote }}
{{- end }}
{{- with .Values.workers }}
- {{ printf "--workers=%d" (int .) | quote }}
{{- end }}
- "--stateDir=/var/lib/fairlead"
{{- if .Values.config }}
- "--configFile=/etc/fairlead/fairlead.yml"
{{- end }}
{{- if include "fairlead.dynamic" . }}
- "--providers.file.filename=/etc/fairlead/dynamic.yml"
{{- end }}
{{- include "fairlead.providerArguments" . }}
{{- if kindIs "map" .Values.extraArgs }}
{{- range $key, $value := .Values.extraArgs }}
- {{ printf "%s%s=%v" (ternary "" "--" (hasPrefix "--" $key)) $key $value | quote }}
{{- end }}
{{- else }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
