"""One Fairlead process with a configuration of its own: free ports, captured logs, ended and examined at the end."""
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("FAIRLEAD", ROOT / "build" / "fairlead"))
# Under sanitizers everything holds but the clock.
SANITIZED = os.environ.get("FAIRLEAD_SANITIZED") == "1"
PATIENCE = 30 if SANITIZED else 15
SANITIZER_REPORT = re.compile(r"ERROR: (?:Address|Leak|UndefinedBehavior)Sanitizer|runtime error:|FAIRLEAD_CHECK")


_handed_out = set()


def free_port():
    """A port that nobody has, from below the range the kernel takes clients' ports from: it stays free until used."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _handed_out:
            _handed_out.add(port)
            return port


def is_free(port):
    """Whether nobody listens there, on any address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
            return True
        except OSError:
            return False


def wait_until(claim, what, timeout=PATIENCE, every=0.01):
    """Waits until claim() returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what}")
        time.sleep(every)


class Fairlead:
    """`static` and `dynamic` are configuration as Python values (JSON is YAML). Ports: `web` and `admin`."""

    def __init__(self, folder, static=None, dynamic=None, arguments=(), environment=None, workers=1, wrapper=(),
                 pass_fds=()):
        self.folder = pathlib.Path(folder)
        self.web, self.admin = free_port(), free_port()
        self.dynamic_path = self.folder / "dynamic.yml"
        self.log_path = self.folder / "fairlead.log"
        self.process = None
        document = {
            "entryPoints": {"web": {"address": f"127.0.0.1:{self.web}"}, "traefik": {"address": f"127.0.0.1:{self.admin}"}},
            "api": {"insecure": True}, "ping": {}, "log": {"level": "INFO"}, "providers": {}, "stateDir": str(self.folder),
        }
        if dynamic is not None:
            self.write_dynamic(dynamic)
            document["providers"]["file"] = {"filename": str(self.dynamic_path)}
        merge(document, static or {})
        static_path = self.folder / "fairlead.yml"
        static_path.write_text(json.dumps(document, indent=1))
        self.pass_fds = pass_fds
        self.command = [*wrapper, str(BINARY), f"--configFile={static_path}", *([f"--workers={workers}"] if workers else []),
                        *arguments]
        self.environment = dict(os.environ, **(environment or {}))

    def write_dynamic(self, dynamic):
        """Replaces the file in one step, as an editor does."""
        scratch = self.dynamic_path.with_suffix(".tmp")
        scratch.write_text(dynamic if isinstance(dynamic, str) else json.dumps(dynamic, indent=1))
        scratch.rename(self.dynamic_path)

    def start(self, ready=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=self.environment, pass_fds=self.pass_fds)
        if ready:
            wait_until(self.is_ready, f"/ready\n{self.log()}")
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"fairlead ended with {self.process.returncode}:\n{self.log()}")
        return self.api("/ready", parse=False) is not None

    def api(self, path, parse=True):
        """The API's answer, or None while it is not 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=5) as answer:
                body = answer.read()
                return json.loads(body) if parse else body
        except (urllib.error.URLError, OSError):
            return None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=20):
        """SIGTERM, and the exit code; a process that does not go is a failure, and so is a sanitizer's report."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"fairlead did not end within {timeout} s of SIGTERM\n{self.log()[-3000:]}")
        self.process = None
        log = self.log()
        assert not SANITIZER_REPORT.search(log), log[-6000:]
        return code


def merge(base, extra):
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        elif value is None:
            base.pop(key, None)
        else:
            base[key] = value


def route(host, *urls, **service):
    """A dynamic configuration of one host and its servers."""
    return {"http": {"routers": {"main": {"rule": f"Host(`{host}`)", "service": "main"}},
                     "services": {"main": {"loadBalancer": {"servers": [{"url": u} for u in urls], **service}}}}}
