#!/usr/bin/env python3
"""Runs every suite and closes with one table and one line: `N passed, N failed, N skipped` (test cases over all suites).

usage: run.py [--only NAME[,NAME]] [--fuzz-seconds N]
With CI=true a suite or a test that was left out counts as failed. Each suite has a time limit, after which it is ended.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"
CI = os.environ.get("CI") == "true"
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:alloc_dealloc_mismatch=0:quarantine_size_mb=16",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
if shutil.which("llvm-symbolizer-19"):
    SANITIZERS["ASAN_SYMBOLIZER_PATH"] = shutil.which("llvm-symbolizer-19")
sys.path.insert(0, str(ROOT / "tests" / "e2e"))


class Row:
    """What one suite came to."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped, self.seconds, self.note = name, 0, 0, 0, 0.0, ""


class Runner:
    def __init__(self, options):
        self.options = options
        self.rows = []
        self.broken = set()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="fairlead-test-"))

    def run(self, command, limit, environment=None, quiet=False):
        """(exit code or None when the limit passed, output). The whole process group goes at the limit."""
        output = tempfile.TemporaryFile(dir=self.scratch)
        process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, env=dict(os.environ, **(environment or {})))
        try:
            code = process.wait(limit)
        except BaseException as problem:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(problem, subprocess.TimeoutExpired):
                raise
            code = None
        output.seek(0)
        text = output.read().decode(errors="replace")
        if code != 0 or not quiet:
            print(text[-12000:] if code != 0 else text, end="", flush=True)
        return code, text

    def suite(self, name, body, needs=()):
        """One row: body(row) fills it in. A suite whose build broke fails with it."""
        if self.options.only and not any(name == word or name.startswith(word + " ") for word in self.options.only):
            if not (name.startswith("build") and any(word in name for word in self.wanted_builds())):
                return
        row = Row(name)
        self.rows.append(row)
        print(f"\n=== {name}", flush=True)
        begin = time.monotonic()
        missing = [need for need in needs if need in self.broken]
        if missing:
            row.failed, row.note = 1, f"needs {missing[0]}"
        else:
            try:
                body(row)
            except Exception as problem:  # a suite's own mishap must not hide the others
                row.failed += 1
                row.note = f"{type(problem).__name__}: {problem}"[:200]
        row.seconds = time.monotonic() - begin
        if CI and row.skipped:
            row.failed, row.skipped = row.failed + row.skipped, 0
            row.note = (row.note + "; " if row.note else "") + "left out: a failure in CI"
        if row.failed:
            self.broken.add(name)

    def wanted_builds(self):
        return {"fuzz": ["asan"], "e2e": ["release"], "unit": ["release"]}.get(self.options.only[0].split()[0], [])

    # ---- suites ----

    def check(self, *command):
        """A script that passes or fails as one case."""
        def body(row):
            code, _ = self.run(command, 300)
            row.passed, row.failed = int(code == 0), int(code != 0)
        return body

    def build(self, preset, *targets, limit=1800):
        def body(row):
            names = list(targets)
            if preset == "asan":
                names += sorted(path.stem for path in (ROOT / "tests/fuzz").glob("*_fuzz.cc"))
            code, _ = self.run(["scripts/build.sh", preset, *names], limit, quiet=True)
            row.failed = int(code != 0)
            row.note = "" if code == 0 else "does not build"
        return body

    def unit(self, folder, environment=None):
        def body(row):
            code, text = self.run([ROOT / folder / "unit_tests", "--no-colors=true"], 600, environment, quiet=True)
            counts = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped", text)
            if counts:
                row.passed, row.failed = int(counts.group(1)), int(counts.group(2))
            # A sanitizer ends the run in the middle of a case, before doctest counts.
            if code != 0 and not row.failed:
                row.failed, row.note = 1, "did not finish" if code is None else f"exit code {code}"
        return body

    def fuzz(self, row):
        targets = sorted((ROOT / "tests/fuzz").glob("*_fuzz.cc"))
        if not targets:
            row.skipped, row.note = 1, "no fuzz target in tests/fuzz"
        seconds = self.options.fuzz_seconds
        for target in targets:
            corpus = self.scratch / target.stem
            corpus.mkdir()
            # What a run finds goes to a scratch folder; the corpus of the tree only grows by hand.
            seeds = [path for path in [ROOT / "tests/fuzz/corpus" / target.stem] if path.is_dir()]
            code, text = self.run([ROOT / "build-asan" / target.stem, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                                   f"-artifact_prefix={self.scratch}/", "-print_final_stats=1", corpus, *seeds],
                                  seconds + 60, SANITIZERS, quiet=True)
            runs = re.search(r"number_of_executed_units: (\d+)", text)
            print(f"{target.stem}: {runs.group(1) if runs else '?'} inputs in {seconds} s, exit code {code}", flush=True)
            row.passed += int(code == 0)
            row.failed += int(code != 0)

    def e2e(self, folder, sanitized):
        def body(row):
            report = self.scratch / f"{folder}.xml"
            environment = {"FAIRLEAD": str(ROOT / folder / "fairlead"), "PYTHONDONTWRITEBYTECODE": "1"}
            if sanitized:
                environment.update(SANITIZERS, FAIRLEAD_SANITIZED="1")
            code, _ = self.run([PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs", "--durations=8", "--tb=short",
                                "-s" if self.options.verbose else "--show-capture=all", f"--junitxml={report}", "tests/e2e"], 1800, environment)
            if report.exists():
                counts = xml.etree.ElementTree.parse(report).getroot().find("testsuite").attrib
                row.skipped = int(counts["skipped"])
                row.failed = int(counts["failures"]) + int(counts["errors"])
                row.passed = int(counts["tests"]) - row.failed - row.skipped
            if code != 0 and not row.failed:
                row.failed, row.note = 1, "did not finish" if code is None else f"exit code {code}"
        return body

    # ---- the whole ----

    def all(self):
        from docker_engine import Engine
        engine, images = Engine(), None
        try:
            # The engine and its images are made ready beside the compiler; the suites wait for them below.
            if not self.options.only or "e2e" in self.options.only[0]:
                try:
                    engine.start()
                    images = subprocess.Popen(["nice", PYTHON, "tests/e2e/docker_engine.py", "prepare"], cwd=ROOT,
                                              stdin=subprocess.DEVNULL, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
                except Exception as problem:  # the suites that need it say so themselves
                    print(f"Docker: {problem}", flush=True)
            self.suite("layers", self.check(PYTHON, "tests/support/check_layers.py"))
            self.suite("dialect", self.check(PYTHON, "tests/support/check_dialect.py"))
            self.suite("format", self.check("sh", "-c", "git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror"))
            self.suite("build release", self.build("release", "fairlead", "unit_tests"))
            self.suite("unit release", self.unit("build"), needs=["build release"])
            if images:
                images.wait(900)
            self.suite("e2e release", self.e2e("build", False), needs=["build release"])
            self.suite("build asan", self.build("asan", "fairlead", "unit_tests"))
            self.suite("unit asan", self.unit("build-asan", SANITIZERS), needs=["build asan"])
            self.suite("fuzz", self.fuzz, needs=["build asan"])
            self.suite("e2e asan", self.e2e("build-asan", True), needs=["build asan"])
        finally:
            if images and images.poll() is None:
                images.kill()
            engine.stop()

    def close(self):
        failed = any(row.failed for row in self.rows)
        if not failed:
            shutil.rmtree(self.scratch, ignore_errors=True)
        print(f"\n{'suite':<16}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}   note")
        for row in self.rows:
            print(f"{row.name:<16}{row.passed:>8}{row.failed:>8}{row.skipped:>9}{row.seconds:>9.1f}   {row.note}")
        if failed:
            print(f"left for a look: {self.scratch}")
        total = [sum(getattr(row, what) for row in self.rows) for what in ("passed", "failed", "skipped")]
        print(f"\n{total[0]} passed, {total[1]} failed, {total[2]} skipped", flush=True)
        return 1 if failed or not total[0] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=lambda words: words.split(","), default=[])
    parser.add_argument("--fuzz-seconds", type=int, default=8)
    parser.add_argument("--verbose", action="store_true", help="end-to-end tests print as they go")
    runner = Runner(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        runner.all()
    finally:
        code = runner.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
