"""The figures as tables on screen, latest.json, a README and a picture."""
import json
import os
import pathlib
import platform
import re
import time
import xml.sax.saxutils

import peers

COLOURS = {"fairlead": "#2563eb", "nginx": "#9ca3af", "haproxy": "#d97706", "nghttpx": "#059669", "caddy": "#7c3aed", "floor": "#e5e7eb"}
IDLE_TARGET_KIB = {"plain": 1.5, "tls": 16}
ROUTES = ("routes-10", "routes-100000", 1.05)


def machine():
    """What a reader has to know to compare: processor, cores, kernel, distribution, day."""
    def first(path, pattern):
        try:
            return re.search(pattern, pathlib.Path(path).read_text(), re.M).group(1)
        except (OSError, AttributeError):
            return "?"

    return {"processor": first("/proc/cpuinfo", r"^model name\s*: (.+)$"), "cores": os.cpu_count(),
            "memory_gib": round(int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)")) / 2**20, 1), "kernel": platform.release(),
            "system": first("/etc/os-release", r'^PRETTY_NAME="(.+)"$'), "day": time.strftime("%Y-%m-%d")}


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def best(rows, key="cpu_us"):
    """The peer to beat: its name, or None."""
    named = [name for name in peers.BEST_OF if name in rows and rows[name].get(key) is not None]
    return min(named, key=lambda name: rows[name][key], default=None)


def cases_table(document):
    """A row for each case and proxy."""
    lines = ["| Case | Proxy | CPU µs a request | requests/s | p50 µs | p99 µs | RSS MiB | start s |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for case in document["cases"].values():
        for index, (name, row) in enumerate(case["rows"].items()):
            note = " ⚠ " + "; ".join(row["problems"]) if row["problems"] else ""
            lines.append(f"| {case['title'] if index == 0 else ''} | {document['versions'][name]} | {row['cpu_us']:.2f} | {number(row['rps'])} | "
                         f"{number(row['p50_us'])} | {number(row['p99_us'])} | {row['rss_mib']:.1f} | {row['ready_seconds']:.2f} |{note}")
    return "\n".join(lines)


def idle_table(document):
    lines = [f"| {document['idle']['count']:,} idle connections | plain, KiB each | TLS, KiB each |", "|---|--:|--:|"]
    for name, kinds in document["idle"]["rows"].items():
        cells = [f"{kinds[kind]['bytes'] / 1024:.2f}" if kind in kinds else "" for kind in ("plain", "tls")]
        lines.append(f"| {document['versions'][name]} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def paced_table(document):
    lines = [f"| GET 128 B at {document['paced']['rate']:,} requests/s | p50 µs | p99 µs | failures |", "|---|--:|--:|--:|"]
    for name, row in document["paced"]["rows"].items():
        lines.append(f"| {document['versions'][name]} | {number(row['p50_us'])} | {number(row['p99_us'])} | {number(row['failures'])} |")
    return "\n".join(lines)


def verdicts(document):
    """Fairlead beside the best of the peers: what, figure, best, ratio, aim."""
    for case in document["cases"].values():
        rows, peer = case["rows"], best(case["rows"])
        if "fairlead" in rows and peer:
            own, other = rows["fairlead"]["cpu_us"], rows[peer]["cpu_us"]
            yield f"{case['title']}, CPU µs", own, f"{other:.2f} ({peer})", own / other, case.get("target")
    few, many, aim = ROUTES
    if all("fairlead" in document["cases"].get(name, {}).get("rows", {}) for name in (few, many)):
        own, other = (document["cases"][name]["rows"]["fairlead"]["cpu_us"] for name in (many, few))
        yield "100,000 routers against 10, CPU µs", own, f"{other:.2f} (itself)", own / other, aim
    rows = (document.get("paced") or {}).get("rows", {})
    peer = best(rows, "p99_us")
    if "fairlead" in rows and peer:
        own, other = rows["fairlead"]["p99_us"], rows[peer]["p99_us"]
        yield "p99 at 70% of saturation, µs", own, f"{other:.0f} ({peer})", own / other, 1.0


def verdict_table(document):
    lines = ["| What | Fairlead | best of nginx, HAProxy, nghttpx | ratio | aim |", "|---|--:|--:|--:|--:|"]
    for what, own, other, ratio, aim in verdicts(document):
        lines.append(f"| {what} | {own:.2f} | {other} | {ratio:.2f} | {f'≤ {aim:.2f}' if aim else ''} |")
    for kind, figure in document.get("idle", {}).get("rows", {}).get("fairlead", {}).items():
        lines.append(f"| idle connection, {kind}, KiB | {figure['bytes'] / 1024:.2f} | | | ≤ {IDLE_TARGET_KIB[kind]} |")
    return "\n".join(lines)


def aligned(markdown):
    """The same table for a terminal."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if not line.startswith("|---")]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(widths[i]) if i < 2 and len(widths) > 5 or i == 0 else cell.rjust(widths[i] if i < len(widths) else 0)
                               for i, cell in enumerate(row)) for row in rows)


def picture(document):
    """CPU a request as bars, each case on a scale of its own: what compares is the length within a case."""
    cases = [case for case in document["cases"].values() if case["rows"]]
    names = list(document["versions"])
    bar, gap, left, width = 16, 18, 230, 420
    height = 76 + sum(len(case["rows"]) * bar + gap for case in cases)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{height}" '
           'font-family="system-ui, sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           '<text x="12" y="20" font-size="14" font-weight="600">CPU time a request (µs, less is better)</text>']
    for index, name in enumerate(names):
        x, y = 12 + index % 3 * 220, 30 + index // 3 * 16
        out.append(f'<rect x="{x}" y="{y}" width="11" height="11" fill="{COLOURS[name]}"/>'
                   f'<text x="{x + 16}" y="{y + 10}">{xml.sax.saxutils.escape(document["versions"][name])}</text>')
    y = 72
    for case in cases:
        longest = max(row["cpu_us"] for row in case["rows"].values()) or 1
        out.append(f'<text x="12" y="{y + bar * len(case["rows"]) / 2 + 4:.0f}">{xml.sax.saxutils.escape(case["title"])}</text>')
        for name, row in case["rows"].items():
            length = row["cpu_us"] / longest * width
            out.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 3}" fill="{COLOURS[name]}"/>'
                       f'<text x="{left + length + 5:.1f}" y="{y + bar - 5}">{row["cpu_us"]:.1f}</text>')
            y += bar
        y += gap
    return "\n".join([*out, "</svg>", ""])


def write(folder, document):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    (folder / "cpu.svg").write_text(picture(document))
    where = document["machine"]
    allocations = document["allocations_per_keepalive_get"]
    counted = "not counted in this run (build/unit_tests is missing)" if allocations is None else str(allocations)
    about = (f"{where['processor']}, {where['cores']} cores, {where['memory_gib']} GiB, {where['system']}, Linux {where['kernel']}, "
             f"{where['day']}; medians of {document['rounds']} round(s) of {document['seconds_a_round']} s, {document['run_seconds']} s in all")
    tables = [verdict_table(document), cases_table(document)]
    if document.get("paced"):
        tables.append(paced_table(document))
    if document.get("idle"):
        tables.append(idle_table(document))
    body = "\n\n".join(tables)
    (folder / "README.md").write_text(f"""# Figures of the last run

Written by `make bench`; `latest.json` holds the same with the spread. {about}.

{body}

Heap allocations per warm keep-alive GET: {counted}.

![CPU time a request](cpu.svg)

How to read it: proxy alone on CPU 0 with one worker; origin and load generator share CPU 1, which is the busier one in some
cases. CPU a request is therefore the figure that compares; requests/s and latency (closed loop, 32 connections, 8 for 1 MiB and
for HTTP/2) show the whole of both. The floor forwards bytes and understands none of them: what the kernel alone costs on this
machine. Memory is the proxy's processes together; start is from the process's birth to its first proxied answer.
A line with ⚠ had errors and counts for nothing. Figures from different machines or days do not compare.
""")
    print(f"\n{about}\n\n" + "\n\n".join(aligned(table) for table in tables) + f"\n\nheap allocations per warm keep-alive GET: {counted}\nwritten: {folder}")
