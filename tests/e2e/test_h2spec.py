"""h2spec (generic, http2, hpack) against the real binary: in clear text with prior knowledge, and over TLS."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import fairlead as harness

MODULE, VERSION = "github.com/summerwind/h2spec/cmd/h2spec", "v2.2.1+incompatible"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "fairlead" / "h2spec-2.2.1"
# The same port speaks HTTP/1: what is no preface is answered in HTTP/1 (400) and closed, which h2spec cannot read.
CLEARTEXT_EXCEPTIONS = {"Sends invalid connection preface"}


def go():
    found = shutil.which("go") or next((p for p in ["/usr/local/go/bin/go", "/usr/lib/go/bin/go"] if os.path.exists(p)), None)
    if found is None:
        pytest.skip("Go (Debian: golang-go) is not installed: h2spec cannot be built")
    return found


@pytest.fixture(scope="session")
def h2spec():
    binary = CACHE / "h2spec"
    if not binary.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        built = subprocess.run([go(), "install", f"{MODULE}@{VERSION}"], env=dict(os.environ, GOBIN=str(CACHE)),
                               capture_output=True, text=True, timeout=600)
        if built.returncode != 0 and os.environ.get("CI") != "true":
            pytest.skip(f"h2spec cannot be built: {built.stderr[-300:]}")
        assert built.returncode == 0, built.stderr
    return binary


def failures(h2spec, port, *options):
    """Descriptions of what failed; asserts that the suite ran."""
    patience = "5" if harness.SANITIZED else "2"
    run = subprocess.run([str(h2spec), "-h", "127.0.0.1", "-p", str(port), "-o", patience, *options, "generic", "http2", "hpack"],
                         capture_output=True, text=True, timeout=300)
    total = re.search(r"(\d+) tests, (\d+) passed", run.stdout)
    assert total and int(total.group(1)) > 140, run.stdout[-3000:] + run.stderr
    listed = run.stdout[run.stdout.rindex("Failures:"):] if "Failures:" in run.stdout else ""
    return set(re.findall(r"× \d+: (.*)", listed)), listed


def test_h2spec_in_clear_text(fairlead, origin, h2spec):
    server = fairlead(dynamic=harness.route("127.0.0.1", origin().url))
    failed, text = failures(h2spec, server.web)
    assert failed <= CLEARTEXT_EXCEPTIONS, text


def test_h2spec_over_tls(fairlead, origin, h2spec, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    dynamic = harness.route("127.0.0.1", origin().url)
    dynamic["http"]["routers"]["main"].update(rule="PathPrefix(`/`)", tls={})
    dynamic["tls"] = {"certificates": [{"certFile": str(certificate), "keyFile": str(key)}]}
    server = fairlead(dynamic=dynamic)
    failed, text = failures(h2spec, server.web, "-t", "-k")
    assert not failed, text
