#!/usr/bin/env python3
"""One of three servers is killed, frozen or made to lie behind each proxy in turn, under the same mix of GET and POST as in
tests/e2e/test_failover.py; the table goes to results/failover.md. By hand: FAIRLEAD=build/fairlead tests/bench/failover.py

Each proxy runs as it comes, and again as its manual recommends for servers that may fail.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import chaos  # noqa: E402
from fairlead import BINARY, free_port, route, wait_until  # noqa: E402


def said(*command):
    run = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    return (run.stdout + run.stderr).strip()


def version_of(text):
    found = re.search(r"\d+\.\d+(\.\d+)?", text)
    return found.group(0) if found else "?"


def fairlead(folder, port, origins):
    (folder / "dynamic.yml").write_text(json.dumps(route(chaos.HOST, *(o.url for o in origins))))
    return [BINARY, f"--entryPoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/dynamic.yml", "--workers=2",
            f"--stateDir={folder}"]


def nginx(folder, port, origins, server="", upstream="", location=""):
    servers = "".join(f"server 127.0.0.1:{o.port}{server}; " for o in origins)
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; error_log stderr crit; pid {folder}/pid;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  upstream origin {{ {servers} {upstream} }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://origin; {location} }} }}
}}
""")
    return ["nginx", "-c", folder / "nginx.conf", "-p", folder]


def nginx_recommended(folder, port, origins):
    return nginx(folder, port, origins, " max_fails=2 fail_timeout=2s", "keepalive 64;",
                 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 1s; proxy_read_timeout 2s; '
                 "proxy_next_upstream error timeout http_500 http_502 http_503 http_504; proxy_next_upstream_tries 3;")


def haproxy(folder, port, origins, defaults="", backend="", server=""):
    servers = "\n".join(f"  server {o.name} 127.0.0.1:{o.port}{server}" for o in origins)
    # Time limits as in the configuration that Debian installs.
    (folder / "haproxy.cfg").write_text(f"""
global
  nbthread 2
defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server {2000 if defaults else 50000}
{defaults}
frontend web
  bind 127.0.0.1:{port}
  default_backend origin
backend origin
  balance roundrobin
{backend}
{servers}
""")
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


def haproxy_recommended(folder, port, origins):
    return haproxy(folder, port, origins, """  option redispatch 1
  retries 3
  retry-on conn-failure empty-response junk-response response-timeout
  option httpchk GET /
""", "  http-request disable-l7-retry if METH_POST", " check inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions observe layer7 error-limit 10 on-error mark-down")


def caddy(folder, port, origins, options=""):
    (folder / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
  storage file_system {folder}/storage
  log {{
    output discard
  }}
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy {" ".join(f"127.0.0.1:{o.port}" for o in origins)} {{
    lb_policy round_robin
{options}
  }}
}}
""")
    return ["env", f"HOME={folder}", "caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]


def caddy_recommended(folder, port, origins):
    return caddy(folder, port, origins, """    lb_try_duration 3s
    lb_try_interval 50ms
    fail_duration 2s
    max_fails 2
    unhealthy_status 5xx
    health_uri /
    health_interval 500ms
    health_timeout 500ms
    transport http {
      dial_timeout 1s
      response_header_timeout 2s
    }""")


CONTENDERS = {
    "Fairlead": fairlead,
    "nginx, as it comes": nginx,
    "nginx, recommended": nginx_recommended,
    "HAProxy, as it comes": haproxy,
    "HAProxy, recommended": haproxy_recommended,
    "Caddy, as it comes": caddy,
    "Caddy, recommended": caddy_recommended,
}


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def contest(label, scenario, rate):
    with tempfile.TemporaryDirectory(prefix="failover-") as name:
        folder, port = pathlib.Path(name), free_port()
        folder.chmod(0o755)
        origins = [chaos.Origin(folder, one) for one in ("first", "second", "third")]
        process = None
        try:
            command = [str(word) for word in CONTENDERS[label](folder, port, origins)]
            with open(folder / "log", "w") as log:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
            wait_until(lambda: answers(port), label)
            time.sleep(0.7)  # the first health checks
            return chaos.run(scenario, port, origins, rate)
        finally:
            if process is not None:
                process.terminate()
                process.wait(20)
            for one in origins:
                one.close()


def cell(value):
    return "never" if value is None else f"{value:.0f}"


def table(results, rate):
    versions = {"Fairlead": said(str(BINARY), "version").splitlines()[0].split()[-1], "nginx": version_of(said("nginx", "-v")),
                "HAProxy": version_of(said("haproxy", "-v")), "Caddy": version_of(said("caddy", "version"))}
    lines = [
        "# A server fails behind a proxy",
        "",
        "Made by `tests/bench/failover.py`; one run each, so single milliseconds mean nothing. One of three servers changes its ways "
        f"under {rate} requests a second (three GETs to one POST, half on kept connections, half on fresh ones, 48 clients, each "
        "waiting 5 s at most). *Failed*: no answer within 5 s, a broken one, or a status other than 200. *Affected for*: from the "
        "event to the last request that it made slow (over 150 ms and three times the calm p99) or failed. *Back after*: from the "
        "server's recovery to its first answer. *p99*: of the requests sent in the 3 s after the event.",
        "",
        f"{os.cpu_count()} CPUs, {platform.system()} {platform.release().split('-')[0]}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items()) + ". What *recommended* means is in the script.",
    ]
    for scenario, by_label in results.items():
        lines += ["", f"## {scenario}", "",
                  "| | GETs failed | POSTs failed | POSTs executed twice | affected for (ms) | back after (ms) | p99 (ms) | slowest (ms) |",
                  "|---|---|---|---|---|---|---|---|"]
        for label, r in by_label.items():
            lines.append(f"| {label} | {r.get_failed} | {r.post_failed} | {r.post_twice} | {cell(r.eject_ms)} | {cell(r.return_ms)} | "
                         f"{r.p99_ms:.0f} | {r.worst_ms:.0f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=400)
    parser.add_argument("--only", help="a scenario, or part of its name")
    parser.add_argument("--contender", help="part of a name")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results" / "failover.md")
    options = parser.parse_args()
    results = {}
    for scenario in chaos.SCENARIOS:
        if options.only and options.only not in scenario:
            continue
        for label in CONTENDERS:
            if options.contender and options.contender not in label:
                continue
            result = contest(label, scenario, options.rate)
            results.setdefault(scenario, {})[label] = result
            print(f"{label}: {result.line()}", flush=True)
    options.output.write_text(table(results, options.rate))


if __name__ == "__main__":
    main()
