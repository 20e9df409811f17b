"""The contenders: how each is configured, started, asked whether it is ready, and measured.

All of them alike: one worker, pinned to CPU 0, cleartext HTTP/1.1, keep-alive to the origin, no access log, request and
response bodies streamed. A new contender is a class here and a name in ALL.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
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

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
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
        return self

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
        for name, size in (("128", 128), ("16k", 16 * 1024), ("1m", 1024 * 1024)):
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


class Nginx(Server):
    name, label = "nginx", "nginx"

    @staticmethod
    def version():
        return subprocess.run(["nginx", "-v"], text=True, capture_output=True).stderr.strip().rpartition("/")[2]

    @staticmethod
    def available():
        return shutil.which("nginx") is not None

    def start(self, origin, routes=1):
        names = "\n".join(f"    {name} origin;" for name in hosts(routes))
        (self.folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; error_log stderr warn; pid {self.folder}/pid; 
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 1h; client_max_body_size 0; tcp_nodelay on;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  map_hash_max_size 262144; map_hash_bucket_size 128;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 128; keepalive_requests 100000000; }}
  map $host $route {{
    hostnames; default "";
{names}
  }}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    location / {{
      if ($route = "") {{ return 404; }}
      proxy_pass http://$route;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Real-IP $remote_addr;
      proxy_request_buffering off; proxy_max_temp_file_size 0;
    }}
  }}
}}
""")
        return self.spawn(["nginx", "-c", self.folder / "nginx.conf", "-p", self.folder])


class Haproxy(Server):
    name, label = "haproxy", "HAProxy"

    @staticmethod
    def version():
        out = subprocess.run(["haproxy", "-v"], text=True, capture_output=True).stdout
        return out.split()[2].split("-")[0] if out else "?"

    @staticmethod
    def available():
        return shutil.which("haproxy") is not None

    def start(self, origin, routes=1):
        (self.folder / "hosts.map").write_text("".join(f"{name} origin\n" for name in hosts(routes)))
        (self.folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  http-reuse always
  option forwardfor
frontend web
  bind 127.0.0.1:{self.port} backlog 4096
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  use_backend %[req.hdr(host),lower,map({self.folder}/hosts.map)]
backend origin
  server origin 127.0.0.1:{origin} pool-max-conn -1
""")
        return self.spawn(["haproxy", "-db", "-f", self.folder / "haproxy.cfg"])


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
            lines += [f"    r{index}:", f"      rule: Host(`{name}`)", "      service: origin"]
        (self.folder / "dynamic.yml").write_text("\n".join(lines) + "\n")
        (self.folder / "fairlead.yml").write_text(json.dumps({
            "entryPoints": {"web": {"address": f"127.0.0.1:{self.port}"}}, "stateDir": str(self.folder),
            "providers": {"file": {"filename": str(self.folder / "dynamic.yml"), "watch": False}}}))
        return self.spawn([self.binary, f"--configFile={self.folder}/fairlead.yml", "--workers=1"])


ALL = [Fairlead, Nginx, Haproxy]
