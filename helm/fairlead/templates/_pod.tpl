{{- define "fairlead.pod" -}}
metadata:
  labels:
    {{- include "fairlead.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "fairlead.serviceAccountName" . }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- with default (ternary "ClusterFirstWithHostNet" "" .Values.hostNetwork) .Values.dnsPolicy }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- range $key := list "dnsConfig" "hostAliases" "nodeSelector" "tolerations" "initContainers" }}
  {{- with get $.Values $key }}
  {{ $key }}: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- range $key := list "priorityClassName" "runtimeClassName" }}
  {{- with get $.Values $key }}
  {{ $key }}: {{ . }}
  {{- end }}
  {{- end }}
  {{- if kindIs "invalid" .Values.affinity }}
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels: {{- include "fairlead.selectorLabels" . | nindent 16 }}
  {{- else }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if kindIs "invalid" .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "fairlead.selectorLabels" . | nindent 10 }}
  {{- else }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  containers:
    - name: fairlead
      image: {{ include "fairlead.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: {{- include "fairlead.arguments" . | nindent 8 }}
      env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        - name: POD_NAMESPACE
          valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.envFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - {name: admin, containerPort: {{ .Values.adminPort }}, protocol: TCP}
        {{- range $name, $e := .Values.entrypoints }}
        - name: {{ $name }}
          containerPort: {{ $e.port }}
          protocol: {{ $e.protocol }}
          {{- with $e.hostPort }}
          hostPort: {{ . }}
          {{- end }}
        {{- end }}
        {{- range $port, $_ := .Values.tcp }}
        - {name: tcp-{{ $port }}, containerPort: {{ $port }}, protocol: TCP}
        {{- end }}
        {{- range $port, $_ := .Values.udp }}
        - {name: udp-{{ $port }}, containerPort: {{ $port }}, protocol: UDP}
        {{- end }}
      {{- range $key := list "livenessProbe" "readinessProbe" "startupProbe" "resources" "securityContext" "lifecycle" "resizePolicy" }}
      {{- with get $.Values $key }}
      {{ $key }}: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      volumeMounts:
        - {name: state, mountPath: /var/lib/fairlead}
        - {name: tmp, mountPath: /tmp}
        {{- if or .Values.config (include "fairlead.dynamic" .) }}
        - {name: config, mountPath: /etc/fairlead, readOnly: true}
        {{- end }}
        {{- if .Values.tls.defaultCertificate }}
        - {name: default-certificate, mountPath: /etc/fairlead-tls, readOnly: true}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - {name: state, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
    {{- if or .Values.config (include "fairlead.dynamic" .) }}
    - name: config
      configMap: {name: {{ include "fairlead.fullname" . }}}
    {{- end }}
    {{- with .Values.tls.defaultCertificate }}
    - name: default-certificate
      secret: {secretName: {{ . }}}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
