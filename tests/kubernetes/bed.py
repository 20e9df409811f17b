"""The Kubernetes of the tests: built once, started for each session, driven with the real kubectl and helm.

The binaries lie under ~/.cache/fairlead, by the hash of what they are built from. A cold build takes
several minutes of two processors, a cached one none.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "tests/kubernetes/cluster"
CHART = ROOT / "helm/fairlead"
CACHE = pathlib.Path.home() / ".cache/fairlead"
KUBERNETES = "v1.36.3"
HELM = "v3.22.0"


def find_go():
    """The Go compiler, or None: at least 1.26."""
    for place in ["/usr/local/go/bin/go", shutil.which("go")]:
        if place and os.access(place, os.X_OK):
            said = subprocess.run([place, "version"], capture_output=True, text=True, timeout=20).stdout
            version = re.search(r"go(\d+)\.(\d+)", said)
            if version and tuple(map(int, version.groups())) >= (1, 26):
                return place
    return None


def cluster_path():
    digest = hashlib.sha256()
    for path in sorted([*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return CACHE / f"kubernetes-{digest.hexdigest()[:16]}"


def helm_path():
    return CACHE / f"helm-{HELM}"


def is_built():
    return cluster_path().exists() and helm_path().exists()


def build():
    """Leaves both binaries in the cache; a finished one is moved there whole."""
    go = find_go()
    CACHE.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod")
    if not cluster_path().exists():
        name = "k8s.io/component-base/version"
        flags = f"-s -w -X {name}.gitVersion={KUBERNETES} -X {name}.gitMajor=1 -X {name}.gitMinor=36"
        fresh = CACHE / f"kubernetes.{os.getpid()}"
        subprocess.run([go, "build", "-mod=readonly", "-ldflags", flags, "-o", fresh, "."], cwd=SOURCE,
                       env=dict(environment, GOFLAGS=""), check=True, timeout=2400)
        fresh.rename(cluster_path())
    if not helm_path().exists():
        folder = CACHE / f"helm.{os.getpid()}"
        subprocess.run([go, "install", f"helm.sh/helm/v3/cmd/helm@{HELM}"], env=dict(environment, GOFLAGS="", GOBIN=str(folder)),
                       check=True, timeout=1200)
        (folder / "helm").rename(helm_path())
        shutil.rmtree(folder)


def helm(*arguments, kubeconfig="/dev/null", fails=False):
    done = subprocess.run([helm_path(), *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, KUBECONFIG=str(kubeconfig)))
    if fails:
        assert done.returncode != 0, done.stdout
        return done.stderr
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(*values, fails=False):
    sets = [word for value in values for word in ("--set", value)]
    return helm("template", "fairlead", CHART, "--namespace", "fairlead", "--kube-version", KUBERNETES, *sets, fails=fails)


def eventually(what, seconds=20, every=0.05):
    """The first truthy answer of what()."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s: {answer!r}"
        time.sleep(every)


class Bed:
    def __init__(self, folder, fairlead):
        self.folder = pathlib.Path(folder)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.kubeconfig = self.folder / "kubeconfig"
        self.log = open(self.folder / "cluster.log", "w+")
        self.process = subprocess.Popen(
            [cluster_path(), "up", "--dir", str(folder), "--port", str(port), "--image", f"fairlead={fairlead}",
             "--image", f"whoami={fairlead},whoami"], stdout=self.log, stderr=subprocess.STDOUT)
        eventually(lambda: "ready\n" in (self.folder / "cluster.log").read_text() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, (self.folder / "cluster.log").read_text()

    def kubectl(self, *arguments, text=None):
        done = subprocess.run([cluster_path(), "kubectl", *map(str, arguments)], input=text, capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, KUBECONFIG=str(self.kubeconfig)))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *manifests):
        return self.kubectl("apply", "-f", "-", text="\n---\n".join(manifests))

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def addresses(self, namespace, selector):
        """Of the pods that are ready."""
        pods = self.get("pods", "-n", namespace, "-l", selector)["items"]
        return [pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"] and any(
            one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))]

    def logs(self):
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("fairlead_*.log"))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def plain_manifests():
    """What deploy/kubernetes/fairlead.yaml holds: the chart's defaults without Helm's own labels."""
    text = re.sub(r"(?m)^ *(helm\.sh/|app\.kubernetes\.io/managed-by: ).*\n", "", render())
    text = re.sub(r"(?m)^(# Source: .*|\s*)\n", "", text)
    space = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: fairlead\n"
    return "# Made from helm/fairlead by `tests/kubernetes/bed.py manifests`; do not edit.\n" + space + text


if __name__ == "__main__":
    build()
    (ROOT / "deploy/kubernetes").mkdir(parents=True, exist_ok=True)
    (ROOT / "deploy/kubernetes/fairlead.yaml").write_text(plain_manifests())
