"""Processes of a benchmark: how a server is started, asked whether it is ready, and measured; the origin; Fairlead.

All proxies alike: one worker, pinned to CPU 0, cleartext HTTP/1.1 on `port`, TLS with HTTP/1.1 and HTTP/2 on `tls_port`, all
with the same ECDSA P-256 certificate, keep-alive to the origin, no access log, bodies streamed. The others are in peers.py.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = "bench.localhost"
_ports = random.sample(range(21000, 29000), 200)


def free_port():
    while True:
        port = _ports.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def make_certificate(folder):
    """One certificate for every contender: folder/cert.pem, folder/key.pem and both in folder/both.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem"], check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    for name in ("cert.pem", "key.pem", "both.pem"):
        (folder / name).chmod(0o644)


def hosts(count):
    """The names of a table of `count` routes; the benchmark's own is one of them."""
    return [HOST] + [f"host-{i}.example.org" for i in range(1, count)]


def ask(port, host=HOST, path="/128"):
    """The status of one request, or 0."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return int(connection.recv(64).split()[1])
    except (OSError, IndexError, ValueError):
        return 0


class Server:
    """A process with its children; `folder` is its own."""

    cpu = "0"
    speaks_tls = True  # and HTTP/2
    is_proxy = True    # false: it understands nothing of HTTP
    max_routes = 100_000

    def __init__(self, folder):
        self.common = pathlib.Path(folder)
        # Its own each time: what one start leaves behind is no part of the next.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=self.name, dir=folder))
        self.folder.chmod(0o755)
        self.port, self.tls_port = free_port(), free_port()
        self.process = None
        self.ready_seconds = None

    def spawn(self, command, expect=200, timeout=120):
        begin = time.monotonic()
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(["taskset", "-c", self.cpu, *map(str, command)], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True, cwd=self.folder)
        while ask(self.port) != expect:
            if self.process.poll() is not None or time.monotonic() - begin > timeout:
                log = (self.folder / "log").read_text()[-2000:]
                self.stop()
                raise RuntimeError(f"{self.name} did not come up:\n{log}")
            time.sleep(0.01)
        self.ready_seconds = time.monotonic() - begin
        self.settle()
        return self

    def settle(self, timeout=15):
        """Waits until the work of starting is done: it is not what a request costs."""
        begin, last = time.monotonic(), -1
        while (used := self.cpu_seconds()) > last + 0.02 and time.monotonic() - begin < timeout:
            last = used
            time.sleep(0.3)

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None

    def pids(self):
        """The process and all its descendants."""
        parents = {}
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
        found, grew = {self.process.pid}, True
        while grew:
            more = {pid for pid, parent in parents.items() if parent in found} - found
            found |= more
            grew = bool(more)
        return found

    def cpu_seconds(self):
        """User and system time of them all, children that ended included."""
        tick, total = os.sysconf("SC_CLK_TCK"), 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(word) for word in fields[11:15])
        return total / tick

    def rss_mib(self):
        page, total = os.sysconf("SC_PAGESIZE"), 0
        for pid in self.pids():
            total += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
        return total / 2**20


class Origin(Server):
    """nginx with a few fixed bodies, on the load generator's CPU."""

    name, cpu = "origin", "1"

    def start(self):
        for name, size in (("128", 128), ("16k", 16 * 1024), ("64k", 64 * 1024), ("1m", 1024 * 1024)):
            (self.folder / name).write_bytes(b"x" * size)
        (self.folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; error_log stderr warn; pid {self.folder}/pid;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 1h; sendfile on; tcp_nopush on;
  open_file_cache max=16; client_max_body_size 0; client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    root {self.folder};
    location = /post {{ client_body_buffer_size 128k; return 200 ok; }}
  }}
}}
""")
        return self.spawn(["nginx", "-c", self.folder / "nginx.conf", "-p", self.folder])


class Fairlead(Server):
    name, label = "fairlead", "Fairlead"
    binary = pathlib.Path(os.environ.get("FAIRLEAD", ROOT / "build" / "fairlead"))

    @classmethod
    def version(cls):
        out = subprocess.run([cls.binary, "version"], text=True, capture_output=True).stdout
        return next((word for word in out.split() if word[0].isdigit()), "?")

    @classmethod
    def available(cls):
        return cls.binary.exists()

    def start(self, origin, routes=1):
        lines = ["http:", "  services:", "    origin:", "      loadBalancer:", "        servers:",
                 f"          - url: http://127.0.0.1:{origin}", "  routers:"]
        for index, name in enumerate(hosts(routes)):
            lines += [f"    r{index}:", f"      rule: Host(`{name}`)", "      service: origin", "      entryPoints: [web]"]
        lines += ["    secure:", f"      rule: Host(`{HOST}`)", "      service: origin", "      entryPoints: [websecure]", "      tls: {}",
                  "tls:", "  stores:", "    default:", "      defaultCertificate:", f"        certFile: {self.common}/cert.pem",
                  f"        keyFile: {self.common}/key.pem"]
        (self.folder / "dynamic.yml").write_text("\n".join(lines) + "\n")
        (self.folder / "fairlead.yml").write_text(json.dumps({
            "entryPoints": {"web": {"address": f"127.0.0.1:{self.port}"},
                            "websecure": {"address": f"127.0.0.1:{self.tls_port}"}}, "stateDir": str(self.folder),
            "providers": {"file": {"filename": str(self.folder / "dynamic.yml"), "watch": False}}}))
        return self.spawn([self.binary, f"--configFile={self.folder}/fairlead.yml", "--workers=1"])
