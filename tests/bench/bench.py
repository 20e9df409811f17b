#!/usr/bin/env python3
"""Fairlead beside nginx and HAProxy, all in one run on one machine.

usage: bench.py [--quick] [--cases NAME,…] [--proxies NAME,…] [--output FOLDER]
Proxy on CPU 0; origin (nginx) and load (wrk) on CPU 1. Rounds are interleaved (every proxy within each case within each
round), figures are medians. Traffic stays on 127.0.0.1; a run ends by itself: under five minutes, with --quick in one.
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
import proxies
import report

HERE = pathlib.Path(__file__).resolve().parent


class Case:
    """One kind of traffic: what wrk is told, and how many routes the proxies have."""

    def __init__(self, name, title, path="/128", connections=32, headers=(), script=None, routes=1):
        self.name, self.title, self.path, self.connections = name, title, path, connections
        self.headers, self.script, self.routes = headers, script, routes


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
    Case("get-128", "GET 128 B"),
    Case("get-16k", "GET 16 KiB", path="/16k"),
    Case("get-1m", "GET 1 MiB", path="/1m", connections=8),
    Case("post-64k", "POST 64 KiB", path="/post", script=POST),
    Case("close", "GET 128 B, a connection each", headers=("Connection: close",)),
] + [Case(f"routes-{n}", f"GET 128 B, {n:,} routers", script=SPREAD.replace("COUNT", str(n)), routes=n) for n in (10, 1000, 100000)]


def wrk(case, port, seconds, folder):
    """One run: requests, seconds, latency in µs, and what went wrong."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
               "-H", f"Host: {proxies.HOST}"]
    for header in case.headers:
        command += ["-H", header]
    if case.script:
        script = folder / f"{case.name}.lua"
        script.write_text(case.script)
        command += ["-s", str(script)]
    out = subprocess.run([*command, f"http://127.0.0.1:{port}{case.path}"], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                         timeout=seconds + 30).stdout
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", out)
    latency = {name: value * {"us": 1, "ms": 1e3, "s": 1e6}[unit] for name, value, unit in
               ((n, float(v), u) for n, v, u in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", out, re.M))}
    problems = re.findall(r"(Socket errors: .*|Non-2xx .*)", out)
    if not total:
        return None
    return {"requests": int(total.group(1)), "seconds": float(total.group(2)) * {"ms": 1e-3, "s": 1, "m": 60}[total.group(3)],
            "p50": latency.get("50"), "p99": latency.get("99"), "problems": problems}


def measure(case, proxy, seconds, folder):
    before = proxy.cpu_seconds()
    run = wrk(case, proxy.port, seconds, folder)
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
    row = {key: statistics.median([s[key] for s in samples if s[key] is not None] or [0])
           for key in ("cpu_us", "rps", "p50_us", "p99_us", "rss_mib")}
    row["cpu_us_spread"] = [min(s["cpu_us"] for s in samples), max(s["cpu_us"] for s in samples)]
    row["problems"] = sorted({p for s in samples for p in s["problems"]})
    return row


def run_group(cases, contenders, rounds, seconds, folder, results):
    """All the cases that share a table of routes: the proxies start once for all of them."""
    origin = proxies.Origin(folder).start()
    running = []
    try:
        for contender in contenders:
            proxy = contender(folder)
            running.append(proxy)
            try:
                proxy.start(origin.port, cases[0].routes)
            except RuntimeError as problem:
                print(problem, flush=True)
                running.remove(proxy)
        samples = {}
        for number in range(rounds):
            for case in cases:
                for proxy in running:
                    if number == 0 and rounds > 1:
                        wrk(case, proxy.port, 1, folder)
                    sample = measure(case, proxy, seconds, folder)
                    samples.setdefault((case.name, proxy.name), []).append(sample)
                    figure = f"{sample['cpu_us']:8.2f} µs CPU, {sample['rps']:9.0f}/s {' '.join(sample['problems'])}" if sample else "no answer"
                    print(f"round {number + 1}  {case.title:<32}{proxy.label:<10}{figure}", flush=True)
        for case in cases:
            results[case.name] = {"title": case.title, "rows": {}}
            for proxy in running:
                row = median(samples.get((case.name, proxy.name), []))
                if row:
                    row["ready_seconds"] = proxy.ready_seconds
                    results[case.name]["rows"][proxy.name] = row
    finally:
        for server in [*running, origin]:
            server.stop()


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cases", type=lambda text: text.split(","))
    parser.add_argument("--proxies", type=lambda text: text.split(","))
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results")
    options = parser.parse_args()
    rounds, seconds = (1, 1) if options.quick else (3, 3)
    contenders = [c for c in proxies.ALL if c.available() and (not options.proxies or c.name in options.proxies)]
    cases = [case for case in CASES if not options.cases or case.name in options.cases]
    if not contenders or not cases:
        sys.exit("bench: no such proxy or case (or build/fairlead is missing: make build)")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fairlead-bench-"))
    folder.chmod(0o755)
    results, begin = {}, time.monotonic()
    try:
        for routes in sorted({case.routes for case in cases}):
            group = [case for case in cases if case.routes == routes]
            run_group(group, contenders, rounds if routes == 1 else min(rounds, 2), seconds, folder, results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    versions = {c.name: f"{c.label} {c.version()}" for c in contenders}
    report.write(options.output, {
        "machine": report.machine(), "rounds": rounds, "seconds_a_round": seconds, "run_seconds": round(time.monotonic() - begin, 1),
        "versions": versions, "allocations_per_keepalive_get": allocations(), "cases": results})


if __name__ == "__main__":
    main()
