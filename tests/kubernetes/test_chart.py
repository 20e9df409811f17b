"""The chart by itself: what renders, what is refused and with which words."""
import pytest
import yaml

import bed as testbed

pytestmark = pytest.mark.usefixtures("built")


def kinds(*values):
    return [(one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(testbed.render(*values)) if one]


def test_lints():
    assert "0 chart(s) failed" in testbed.helm("lint", testbed.CHART)


@pytest.mark.parametrize("values, made", [
    (["adoptNginxClass=true", "nginx.createClass=true"], ("IngressClass", "nginx")),
    (["kind=DaemonSet"], ("DaemonSet", "fairlead")),
    (["autoscaling.enabled=true"], ("HorizontalPodAutoscaler", "fairlead")),
    (["networkPolicy.enabled=true"], ("NetworkPolicy", "fairlead")),
    (["metrics.serviceMonitor.enabled=true"], ("ServiceMonitor", "fairlead")),
    (["metrics.podMonitor.enabled=true"], ("PodMonitor", "fairlead")),
    (["metrics.prometheusRule.enabled=true"], ("PrometheusRule", "fairlead")),
    (["crds.install=true"], ("CustomResourceDefinition", "ingressroutes.traefik.io")),
    (["grafana.dashboards.enabled=true"], ("ConfigMap", "fairlead-dashboard")),
    (["tcp.5432=default/postgres:5432", "udp.53=default/dns:53"], ("ConfigMap", "fairlead")),
    (["rbac.scope=namespace", "watch.namespaces={a,b}"], ("Role", "fairlead")),
    (["service.additional.internal.type=ClusterIP"], ("Service", "fairlead-internal")),
])
def test_values_render(values, made):
    assert made in kinds(*values)


@pytest.mark.parametrize("values, words", [
    (["replica=3"], "additional properties 'replica' not allowed"),
    (["kind=Pod"], "value must be one of 'Deployment', 'DaemonSet'"),
    (["tcp.5432=postgres"], "does not match pattern"),
    (["kind=DaemonSet", "autoscaling.enabled=true"], "a DaemonSet has one pod a node"),
    (["podDisruptionBudget.minAvailable=1"], "set minAvailable or maxUnavailable"),
    (["rbac.scope=namespace"], "needs watch.namespaces"),
    (["metrics.enabled=false", "metrics.serviceMonitor.enabled=true"], "needs metrics.enabled"),
    (["graceTimeout=70"], "must be above shutdownDelay + graceTimeout"),
    (["entrypoints.web.port=8443"], "8443 is also the port of entrypoints.web"),
    (["entrypoints.web.port=8080"], "8080 is the adminPort"),
])
def test_refuses(values, words):
    assert words in testbed.render(*values, fails=True)


def test_plain_manifests_are_the_charts():
    assert (testbed.ROOT / "deploy/kubernetes/fairlead.yaml").read_text() == testbed.plain_manifests(), \
        "run: /usr/bin/python3 tests/kubernetes/bed.py manifests"
