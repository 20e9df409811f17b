"""helm install on a real API server, Ingresses of every kind with real traffic, and what goes wrong around them."""
import http.client
import os
import signal
import statistics
import threading
import time

import pytest

import bed as testbed
from bed import eventually

WHOAMI = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: whoami}
spec:
  replicas: 3
  selector: {matchLabels: {app: whoami}}
  template:
    metadata: {labels: {app: whoami}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: whoami
        image: whoami:1
        ports: [{name: http, containerPort: 80}]
        lifecycle: {preStop: {sleep: {seconds: 1}}}
---
apiVersion: v1
kind: Service
metadata: {name: whoami}
spec:
  selector: {app: whoami}
  ports: [{name: http, port: 80, targetPort: http}]
"""


def path(value, kind, service="whoami", port="name: http"):
    return f"{{path: {value}, pathType: {kind}, backend: {{service: {{name: {service}, port: {{{port}}}}}}}}}"


def ingress(name, host, *paths, more=""):
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}}}
spec:
  ingressClassName: fairlead
  {more}
  rules:
  - host: "{host}"
    http: {{paths: [{", ".join(paths)}]}}
"""


def status(address, host, target="/", port=8000):
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", target, headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def fairlead(bed):
    """The address of one pod of an installed release."""
    bed.apply(WHOAMI)
    testbed.helm("install", "fairlead", testbed.CHART, "--namespace", "fairlead", "--create-namespace", "--set",
                 "shutdownDelay=1,graceTimeout=5,terminationGracePeriodSeconds=10", kubeconfig=bed.kubeconfig)
    eventually(lambda: len(bed.addresses("default", "app=whoami")) == 3, 30, 0.3)
    return eventually(lambda: len(bed.addresses("fairlead", "app.kubernetes.io/name=fairlead")) == 2 and
                      bed.addresses("fairlead", "app.kubernetes.io/name=fairlead"), 30, 0.3)[0]


def test_node_and_slices(bed, fairlead):
    assert bed.get("nodes")["items"][0]["status"]["conditions"][0]["status"] == "True"
    slices = bed.get("endpointslices", "-l", "kubernetes.io/service-name=whoami")["items"]
    assert len([one for part in slices for one in part["endpoints"] if one["conditions"]["ready"]]) == 3


def test_paths_hosts_and_status(bed, fairlead):
    bed.apply(ingress("kinds", "a.test", path("/exact", "Exact"), path("/prefix", "Prefix", port="number: 80")),
              ingress("wild", "*.wild.test", path("/", "Prefix")))
    bed.kubectl("-n", "fairlead", "patch", "service", "fairlead", "--subresource=status", "--type=merge", "-p",
                '{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}')
    eventually(lambda: status(fairlead, "a.test", "/exact") == 200)
    eventually(lambda: status(fairlead, "x.wild.test") == 200)
    answers = {one: status(fairlead, *one) for one in [
        ("a.test", "/exact/x"), ("a.test", "/prefix"), ("a.test", "/prefix/x"), ("a.test", "/prefixx"),
        ("x.y.wild.test", "/"), ("wild.test", "/"), ("other.test", "/")]}
    assert [answer for answer in answers.values()] == [404, 200, 200, 404, 404, 404, 404], answers
    eventually(lambda: "203.0.113.7" in bed.kubectl("get", "ingress", "kinds"))


def test_a_missing_service_is_said_on_the_ingress(bed, fairlead):
    bed.apply(ingress("missing", "missing.test", path("/", "Prefix", "nowhere")))
    eventually(lambda: status(fairlead, "missing.test") == 503)
    eventually(lambda: "Service default/nowhere does not exist" in bed.kubectl("describe", "ingress", "missing"), 20, 0.3)


def test_rights_are_enough(bed, fairlead):
    log = bed.logs()
    assert "forbidden" not in log and "cannot list" not in log


def test_an_ingress_change_is_effective_soon(bed, fairlead):
    times = []
    for turn in range(7):
        bed.apply(ingress("soon", f"soon{turn}.test", path("/", "Prefix")))
        begin = time.monotonic()
        eventually(lambda: status(fairlead, f"soon{turn}.test") == 200, 5, 0.002)
        times.append((time.monotonic() - begin) * 1000)
    print(f"Ingress change after kubectl returned: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
    assert statistics.median(times) < 100


class Load(threading.Thread):
    """One request after the other until end(); what failed is kept."""

    def __init__(self, address, host):
        super().__init__(daemon=True)
        self.address, self.host, self.count, self.failed, self.ended = address, host, 0, [], threading.Event()
        self.start()

    def run(self):
        while not self.ended.is_set():
            try:
                answer = status(self.address, self.host)
            except OSError as problem:
                answer = problem
            self.count += 1
            if answer != 200:
                self.failed.append(answer)
            time.sleep(0.002)

    def end(self):
        self.ended.set()
        self.join(10)
        assert self.count > 20 and not self.failed, f"{len(self.failed)} of {self.count} failed: {self.failed[:5]}"
        return self.count


def test_a_rolling_update_loses_nothing(bed, fairlead):
    bed.apply(ingress("roll", "roll.test", path("/", "Prefix")))
    eventually(lambda: status(fairlead, "roll.test") == 200)
    before = set(bed.addresses("default", "app=whoami"))
    load = Load(fairlead, "roll.test")
    bed.kubectl("rollout", "restart", "deployment/whoami")
    bed.kubectl("rollout", "status", "deployment/whoami", "--timeout=40s")
    eventually(lambda: not before & set(bed.addresses("default", "app=whoami")), 20, 0.3)
    print(f"rolling update: {load.end()} requests, 0 failed")


def test_traffic_goes_on_without_the_api_server(bed, fairlead):
    load = Load(fairlead, "roll.test")
    number = int((bed.folder / "apiserver.pid").read_text())
    os.kill(number, signal.SIGKILL)
    eventually(lambda: int((bed.folder / "apiserver.pid").read_text()) != number, 30, 0.1)

    def back():
        try:
            return bed.kubectl("get", "--raw", "/readyz") == "ok"
        except AssertionError:
            return False
    eventually(back, 40, 0.3)
    bed.apply(ingress("after", "after.test", path("/", "Prefix")))
    eventually(lambda: status(fairlead, "after.test") == 200, 30)
    print(f"API server killed: {load.end()} requests, 0 failed")
