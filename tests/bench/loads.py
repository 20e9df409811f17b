"""Load generators, all on CPU 1: each function makes one run against a port and returns what it saw.

wrk for HTTP/1.1, h2load for HTTP/2, and two programs of ours (tools/): handshakes and idle connections, latency at a rate.
"""
import pathlib
import re
import subprocess

import proxies

HERE = pathlib.Path(__file__).resolve().parent
PIN = ["taskset", "-c", "1"]
UNITS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 60e6}


def build(folder):
    """Compiles the programs of ours once a run."""
    for name in ("paced", "connections"):
        subprocess.run(["cc", "-O2", "-o", folder / name, HERE / "tools" / f"{name}.c", "-lssl", "-lcrypto", "-lpthread"], check=True)


def output(command, seconds):
    return subprocess.run(list(map(str, PIN + command)), text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds + 60).stdout


def wrk(case, proxy, seconds, folder):
    """Requests over HTTP/1.1, closed loop."""
    command = ["wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-H", f"Host: {proxies.HOST}"]
    for header in case.headers:
        command += ["-H", header]
    if case.script:
        script = folder / f"{case.name}.lua"
        script.write_text(case.script)
        command += ["-s", script]
    url = f"https://127.0.0.1:{proxy.tls_port}" if case.is_tls else f"http://127.0.0.1:{proxy.port}"
    out = output([*command, url + case.path], seconds)
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", out)
    if not total:
        return None
    latency = {name: float(value) * UNITS[unit] for name, value, unit in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", out, re.M)}
    return {"requests": int(total.group(1)), "seconds": float(total.group(2)) * UNITS[total.group(3)] / 1e6,
            "p50": latency.get("50"), "p99": latency.get("99"), "problems": re.findall(r"(Socket errors: .*|Non-2xx .*)", out)}


def h2load(case, proxy, seconds, folder):
    """Requests over HTTP/2 and TLS, ten streams at a time on each connection."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    out = output(["h2load", "-t1", f"-c{case.connections}", "-m10", "-D", seconds, f"--log-file={log}",
                  f"--connect-to=127.0.0.1:{proxy.tls_port}", f"https://{proxies.HOST}:{proxy.tls_port}{case.path}"], seconds)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", out)
    took = re.search(r"finished in ([\d.]+)(ms|s|m)", out)
    if not codes or not took or not log.exists():
        return None
    good, *bad = map(int, codes.groups())
    times = sorted(int(line.split()[2]) for line in log.read_text().splitlines() if len(line.split()) == 3)
    at = lambda share: times[int(len(times) * share)] if times else None
    return {"requests": good, "seconds": float(took.group(1)) * UNITS[took.group(2)] / 1e6, "p50": at(0.5), "p99": at(0.99),
            "problems": [f"Non-2xx responses: {sum(bad)}"] if sum(bad) else []}


def handshakes(case, proxy, seconds, folder):
    """TLS 1.3 handshakes, no request; `path` says which kind."""
    out = output([folder / "connections", case.path, proxy.tls_port, proxies.HOST, seconds], seconds).split()
    if len(out) != 4:
        return None
    done, took, resumed, failed = int(out[0]), float(out[1]), int(out[2]), int(out[3])
    problems = [f"failed: {failed}"] if failed else []
    if case.path == "resumed" and resumed < done * 0.99:
        problems.append(f"only {resumed} of {done} were resumed")
    return {"requests": done, "seconds": took, "p50": None, "p99": None, "problems": problems}


def paced(proxy, rate, seconds, folder):
    """Latency of GET 128 B at a rate: p50, p99 in µs and what failed."""
    out = output([folder / "paced", proxy.port, proxies.HOST, "/128", rate, seconds, 128], seconds).split()
    return {"p50_us": int(out[1]), "p99_us": int(out[2]), "failures": int(out[4])} if len(out) == 5 else None


def idle_bytes(proxy, kind, count, folder):
    """Memory a proxy's processes grow by for each of `count` connections that had one answer and now wait."""
    before = proxy.rss_mib()
    command = list(map(str, PIN + [folder / "connections", kind, proxy.tls_port if kind == "tls" else proxy.port, proxies.HOST, count]))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        held = re.match(r"held (\d+)", holder.stdout.readline())
        after = proxy.rss_mib()
        holder.stdin.close()
        holder.wait(60)
    return {"bytes": (after - before) * 2**20 / count, "held": int(held.group(1)) if held else 0}
