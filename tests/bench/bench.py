#!/usr/bin/env python3
"""Fairlead beside nginx, HAProxy, nghttpx and Caddy, all in one run on one machine.

usage: bench.py [--quick] [--cases NAME,…] [--proxies NAME,…] [--output FOLDER]
Proxy on CPU 0; origin (nginx) and load on CPU 1. Rounds are interleaved (every proxy within each case within each round),
figures are medians. Traffic stays on 127.0.0.1; a run ends by itself: within twelve minutes, with --quick within two.
"""
import argparse
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import loads
import peers
import proxies
import report

HERE = pathlib.Path(__file__).resolve().parent
ALL = [proxies.Fairlead, *peers.PEERS]


class Case:
    """One kind of traffic: which generator makes it, what that is told, and how many routes the proxies have."""

    def __init__(self, name, title, load=loads.wrk, path="/128", connections=32, headers=(), script=None, routes=1, is_tls=False,
                 target=None):
        self.name, self.title, self.load, self.path, self.connections = name, title, load, path, connections
        self.headers, self.script, self.routes, self.is_tls, self.target = headers, script, routes, is_tls, target

    def suits(self, proxy):
        """The floor understands no HTTP: a connection of its own for each request, or TLS, is none of its business."""
        if self.is_tls:
            return proxy.speaks_tls
        return self.routes <= proxy.max_routes and (proxy.is_proxy or (self.routes == 1 and not self.headers))


POST = 'wrk.method = "POST"\nwrk.body = string.rep("x", 65536)\n'
SPREAD = """
local requests, at = {}, 0
function init(args)
  for i = 0, 999 do
    local index = math.floor(i * COUNT / 1000)
    local host = index == 0 and "bench.localhost" or ("host-" .. index .. ".example.org")
    requests[i] = wrk.format("GET", "/128", {["Host"] = host})
  end
end
function request()
  at = (at + 1) % 1000
  return requests[at]
end
"""
CASES = [
    Case("get-128", "GET 128 B", target=0.80),
    Case("get-16k", "GET 16 KiB", path="/16k", target=0.80),
    Case("get-1m", "GET 1 MiB", path="/1m", connections=8, target=1.0),
    Case("post-64k", "POST 64 KiB", path="/post", script=POST),
    Case("close", "GET 128 B, a connection each", headers=("Connection: close",)),
    Case("tls-128", "TLS 1.3, GET 128 B", is_tls=True, target=0.90),
    Case("tls-64k", "TLS 1.3, GET 64 KiB", path="/64k", is_tls=True, target=0.95),
    Case("h2-128", "HTTP/2, GET 128 B", load=loads.h2load, connections=8, is_tls=True, target=1.0),
    Case("full", "full handshake", load=loads.handshakes, path="full", is_tls=True, target=1.0),
    Case("resumed", "resumed handshake", load=loads.handshakes, path="resumed", is_tls=True, target=1.0),
] + [Case(f"routes-{n}", f"GET 128 B, {n:,} routers", script=SPREAD.replace("COUNT", str(n)), routes=n) for n in (10, 1000, 100000)]


def measure(case, proxy, seconds, folder):
    before = proxy.cpu_seconds()
    run = case.load(case, proxy, seconds, folder)
    used = proxy.cpu_seconds() - before
    if not run or not run["requests"]:
        return None
    return {"cpu_us": used / run["requests"] * 1e6, "rps": run["requests"] / run["seconds"], "p50_us": run["p50"],
            "p99_us": run["p99"], "rss_mib": proxy.rss_mib(), "problems": run["problems"]}


def median(samples):
    """One figure a column; a problem in any round is kept, so that a table never hides it."""
    samples = [s for s in samples if s]
    if not samples:
        return None
    row = {}
    for key in ("cpu_us", "rps", "p50_us", "p99_us", "rss_mib"):
        values = [s[key] for s in samples if s[key] is not None]
        row[key] = statistics.median(values) if values else None
    row["cpu_us_spread"] = [min(s["cpu_us"] for s in samples), max(s["cpu_us"] for s in samples)]
    row["problems"] = sorted({p for s in samples for p in s["problems"]})
    return row


def start_all(contenders, origin, routes, folder):
    running = []
    for contender in contenders:
        if contender.max_routes < routes:
            continue
        proxy = contender(folder)
        try:
            running.append(proxy.start(origin.port, routes))
        except (RuntimeError, subprocess.CalledProcessError) as problem:
            print(problem, flush=True)
    return running


def run_group(cases, running, rounds, seconds, folder, results):
    """All the cases that share a table of routes."""
    samples = {}
    for number in range(rounds):
        for case in cases:
            for proxy in filter(case.suits, running):
                if number == 0 and rounds > 1:
                    case.load(case, proxy, 1, folder)
                sample = measure(case, proxy, seconds, folder)
                samples.setdefault((case.name, proxy.name), []).append(sample)
                figure = f"{sample['cpu_us']:8.2f} µs CPU, {sample['rps']:9.0f}/s {' '.join(sample['problems'])}" if sample else "no answer"
                print(f"round {number + 1}  {case.title:<32}{proxy.label:<10}{figure}", flush=True)
    for case in cases:
        results[case.name] = {"title": case.title, "target": case.target, "rows": {}}
        for proxy in running:
            row = median(samples.get((case.name, proxy.name), []))
            if row:
                results[case.name]["rows"][proxy.name] = row | {"ready_seconds": proxy.ready_seconds}


def run_paced(running, results, rounds, seconds, folder):
    """The same rate for all: 70% of the lowest saturation among those that the targets name."""
    rows = results.get("get-128", {}).get("rows", {})
    named = [rows[name]["rps"] for name in ("fairlead", *peers.BEST_OF) if name in rows]
    if not named:
        return None
    rate = int(min(named) * 0.7)
    samples = {}
    for number in range(rounds):
        for proxy in running:
            run = loads.paced(proxy, rate, seconds, folder)
            if run:
                samples.setdefault(proxy.name, []).append(run)
                print(f"round {number + 1}  {rate:,} requests/s{'':<16}{proxy.label:<10}p50 {run['p50_us']} µs, p99 {run['p99_us']} µs", flush=True)
    return {"rate": rate, "rows": {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in samples.items()}}


def run_idle(contenders, origin, count, folder):
    """Fresh processes, so that what the load left behind does not hide what a connection takes."""
    found = {"count": count, "rows": {}}
    for contender in contenders:
        if not contender.is_proxy:
            continue
        for kind in ("plain", "tls"):
            for proxy in start_all([contender], origin, 1, folder):
                run = loads.idle_bytes(proxy, kind, count, folder)
                proxy.stop()
                found["rows"].setdefault(proxy.name, {})[kind] = run
                print(f"{run['held']:,} idle connections, {kind:<8}{proxy.label:<10}{run['bytes'] / 1024:8.2f} KiB each", flush=True)
    return found


def allocations():
    """Heap allocations per warm keep-alive GET, counted by a unit test; None where it is not built."""
    binary = proxies.ROOT / "build" / "unit_tests"
    if not binary.exists():
        return None
    out = subprocess.run([binary, "-tc=*zero_heap_allocations*", "-s", "--no-colors=true"], text=True, capture_output=True, timeout=120).stdout
    said = re.search(r"heap allocations per warm keep-alive GET: (\d+)", out)
    if said:
        return int(said.group(1))
    counts = re.search(r"test cases:\s*(\d+) \|\s*(\d+) passed", out)
    return 0 if counts and int(counts.group(1)) and counts.group(1) == counts.group(2) else None


def run_all(options, contenders, cases, folder):
    rounds, seconds = (1, 1) if options.quick else (3, 2)
    document = {"rounds": rounds, "seconds_a_round": seconds, "cases": {}}
    origin = proxies.Origin(folder).start()
    running = []
    try:
        for routes in sorted({case.routes for case in cases}):
            running = start_all(contenders, origin, routes, folder)
            group = [case for case in cases if case.routes == routes]
            run_group(group, running, rounds if routes == 1 else min(rounds, 2), seconds, folder, document["cases"])
            if routes == 1 and "get-128" in document["cases"]:
                document["paced"] = run_paced(running, document["cases"], rounds, 2 * seconds, folder)
            while running:
                running.pop().stop()
        if not options.cases or "idle" in options.cases:
            document["idle"] = run_idle(contenders, origin, 1000 if options.quick else 5000, folder)
    finally:
        for server in [*running, origin]:
            server.stop()
    return document


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cases", type=lambda text: text.split(","), help="names of cases, and `idle`")
    parser.add_argument("--proxies", type=lambda text: text.split(","))
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results")
    options = parser.parse_args()
    contenders = [c for c in ALL if c.available() and (not options.proxies or c.name in options.proxies)]
    cases = [case for case in CASES if not options.cases or case.name in options.cases]
    if not contenders or (options.cases and len(cases) + ("idle" in options.cases) != len(options.cases)):
        sys.exit("bench: no such proxy or case (or build/fairlead is missing: make build)")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fairlead-bench-"))
    folder.chmod(0o755)
    begin = time.monotonic()
    try:
        loads.build(folder)
        proxies.make_certificate(folder)
        document = run_all(options, contenders, cases, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.write(options.output, document | {
        "machine": report.machine(), "run_seconds": round(time.monotonic() - begin, 1),
        "versions": {c.name: f"{c.label} {c.version()}" for c in contenders}, "allocations_per_keepalive_get": allocations()})


if __name__ == "__main__":
    main()
