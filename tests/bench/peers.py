"""The proxies beside Fairlead: nginx, HAProxy, nghttpx, Caddy as Debian packages them, and the floor.

Configured alike (see proxies.py). A new one is a class here and a name in PEERS; the targets compare with BEST_OF.
"""
import pathlib
import shutil
import subprocess

import proxies
from proxies import HOST, hosts

HERE = pathlib.Path(__file__).resolve().parent


def said(*command):
    """What a program prints about itself; nothing when it is missing."""
    run = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    return (run.stdout + run.stderr).strip()


class Nginx(proxies.Server):
    name, label = "nginx", "nginx"

    @staticmethod
    def version():
        return said("nginx", "-v").rpartition("/")[2]

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
    listen 127.0.0.1:{self.tls_port} ssl http2 backlog=4096;
    ssl_certificate {self.common}/cert.pem; ssl_certificate_key {self.common}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    keepalive_requests 100000000;
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


class Haproxy(proxies.Server):
    name, label = "haproxy", "HAProxy"

    @staticmethod
    def version():
        return said("haproxy", "-v").split()[2].split("-")[0]

    @staticmethod
    def available():
        return shutil.which("haproxy") is not None

    def start(self, origin, routes=1):
        (self.folder / "hosts.map").write_text("".join(f"{name} origin\n" for name in hosts(routes)))
        (self.folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  http-reuse always
  option forwardfor
frontend web
  bind 127.0.0.1:{self.port} backlog 4096
  bind 127.0.0.1:{self.tls_port} backlog 4096 ssl crt {self.common}/both.pem alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto http unless {{ ssl_fc }}
  http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  use_backend %[req.hdr(host),field(1,:),lower,map({self.folder}/hosts.map)]
backend origin
  server origin 127.0.0.1:{origin} pool-max-conn -1
""")
        return self.spawn(["haproxy", "-db", "-f", self.folder / "haproxy.cfg"])


class Nghttpx(proxies.Server):
    name, label = "nghttpx", "nghttpx"
    max_routes = 1  # a table of 100,000 hosts is not what it is made for

    @staticmethod
    def version():
        return said("nghttpx", "--version").rpartition("/")[2]

    @staticmethod
    def available():
        return shutil.which("nghttpx") is not None

    def start(self, origin, routes=1):
        (self.folder / "nghttpx.conf").write_text(f"""
frontend=127.0.0.1,{self.port};no-tls
frontend=127.0.0.1,{self.tls_port}
backend=127.0.0.1,{origin}
private-key-file={self.common}/key.pem
certificate-file={self.common}/cert.pem
workers=1
single-process=yes
add-x-forwarded-for=yes
backlog=4096
backend-connections-per-host=1000
backend-keep-alive-timeout=1h
frontend-keep-alive-timeout=1h
errorlog-file=/dev/stderr
""")
        return self.spawn(["nghttpx", f"--conf={self.folder}/nghttpx.conf"])


class Caddy(proxies.Server):
    name, label = "caddy", "Caddy"
    max_routes = 1

    @staticmethod
    def version():
        return said("caddy", "version").split()[0]

    @staticmethod
    def available():
        return shutil.which("caddy") is not None

    def start(self, origin, routes=1):
        (self.folder / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
  default_sni {HOST}
  storage file_system {self.folder}/storage
  log {{
    output discard
  }}
}}
(proxied) {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{origin} {{
    transport http {{
      keepalive 1h
      keepalive_idle_conns 1024
      keepalive_idle_conns_per_host 1024
    }}
  }}
}}
http://{HOST}:{self.port} {{
  import proxied
}}
https://{HOST}:{self.tls_port}, https://127.0.0.1:{self.tls_port} {{
  tls {self.common}/cert.pem {self.common}/key.pem
  import proxied
}}
""")
        return self.spawn(["env", "GOMAXPROCS=1", f"HOME={self.folder}", "caddy", "run", "--config", self.folder / "Caddyfile",
                           "--adapter", "caddyfile"])


class Floor(proxies.Server):
    """Forwards bytes and understands none of them: what the kernel alone costs here."""

    name, label = "floor", "floor"
    speaks_tls, is_proxy, max_routes = False, False, 1

    @staticmethod
    def version():
        return "(bytes only)"

    @staticmethod
    def available():
        return shutil.which("cc") is not None

    def start(self, origin, routes=1):
        subprocess.run(["cc", "-O2", "-o", self.folder / "floor", HERE / "tools" / "floor.c"], check=True)
        return self.spawn([self.folder / "floor", self.port, origin])


PEERS = [Nginx, Haproxy, Nghttpx, Caddy, Floor]
BEST_OF = ("nginx", "haproxy", "nghttpx")
