"""The figures as a table on screen, latest.json, a README and a picture."""
import json
import os
import pathlib
import platform
import re
import time
import xml.sax.saxutils

COLOURS = ["#2563eb", "#9ca3af", "#d97706", "#059669", "#7c3aed"]


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


def table(document):
    """Markdown: a row for each case and proxy."""
    lines = ["| Case | Proxy | CPU µs a request | requests/s | p50 µs | p99 µs | RSS MiB | start s |",
             "|---|---|--:|--:|--:|--:|--:|--:|"]
    for case in document["cases"].values():
        for index, (name, row) in enumerate(case["rows"].items()):
            note = " ⚠ " + "; ".join(row["problems"]) if row["problems"] else ""
            lines.append(f"| {case['title'] if index == 0 else ''} | {document['versions'][name]} | {row['cpu_us']:.2f} | {row['rps']:,.0f} | "
                         f"{row['p50_us']:,.0f} | {row['p99_us']:,.0f} | {row['rss_mib']:.1f} | {row['ready_seconds']:.2f} |{note}")
    return "\n".join(lines)


def aligned(markdown):
    """The same table for a terminal."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if not line.startswith("|---")]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(8)]
    return "\n".join("  ".join(cell.ljust(widths[i]) if i < 2 else cell.rjust(widths[i] if i < 8 else 0) for i, cell in enumerate(row))
                     for row in rows)


def picture(document):
    """CPU a request as bars, each case on a scale of its own: what compares is the length within a case."""
    cases = [case for case in document["cases"].values() if case["rows"]]
    names = list(document["versions"])
    bar, gap, left, width = 16, 18, 230, 420
    height = 60 + sum(len(case["rows"]) * bar + gap for case in cases)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{height}" '
           'font-family="system-ui, sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="12" y="20" font-size="14" font-weight="600">CPU time a request (µs, less is better)</text>']
    for index, name in enumerate(names):
        out.append(f'<rect x="{left + index * 150}" y="30" width="11" height="11" fill="{COLOURS[index]}"/>'
                   f'<text x="{left + index * 150 + 16}" y="40">{xml.sax.saxutils.escape(document["versions"][name])}</text>')
    y = 56
    for case in cases:
        longest = max(row["cpu_us"] for row in case["rows"].values()) or 1
        out.append(f'<text x="12" y="{y + bar * len(case["rows"]) / 2 + 4:.0f}">{xml.sax.saxutils.escape(case["title"])}</text>')
        for name, row in case["rows"].items():
            length = row["cpu_us"] / longest * width
            out.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 3}" fill="{COLOURS[names.index(name)]}"/>'
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
    (folder / "README.md").write_text(f"""# Figures of the last run

Written by `make bench`; `latest.json` holds the same with the spread. {about}.

{table(document)}

Heap allocations per warm keep-alive GET: {counted}.

![CPU time a request](cpu.svg)

How to read it: proxy alone on CPU 0 with one worker; origin and load generator share CPU 1, which is the busier one in some
cases. CPU a request is therefore the figure that compares; requests/s and latency (closed loop, 32 connections, 8 for 1 MiB) show
the whole of both. Memory is the proxy's processes together; start is from the process's birth to its first proxied answer.
A line with ⚠ had errors and counts for nothing. Figures from different machines or days do not compare.
""")
    print(f"\n{about}\n\n{aligned(table(document))}\n\nheap allocations per warm keep-alive GET: {counted}\nwritten: {folder}")
