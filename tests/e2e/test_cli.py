"""The subcommands: check, print, healthcheck, whoami, version; and what a wrong configuration is told."""
import json
import os
import signal
import subprocess

import pytest

from fairlead import BINARY, ROOT, free_port, is_free, route, wait_until
from wire import fetch


def run(*arguments, cwd=None, timeout=30):
    return subprocess.run([str(BINARY), *map(str, arguments)], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, cwd=cwd)


def write(folder, name, value):
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1))
    return path


def static_of(folder, dynamic):
    path = write(folder, "dynamic.yml", dynamic)
    return write(folder, "fairlead.yml", {"entryPoints": {"web": {"address": f"127.0.0.1:{free_port()}"}},
                                          "providers": {"file": {"filename": str(path)}}})


def test_version_names_the_program():
    done = run("version")
    assert done.returncode == 0 and any(c.isdigit() for c in done.stdout)


def test_unknown_flag_is_refused_with_its_name():
    done = run("--providers.dokcer=true")
    assert done.returncode != 0 and "dokcer" in done.stderr + done.stdout


def test_check_accepts_a_good_configuration(tmp_path):
    done = run("check", f"--configFile={static_of(tmp_path, route('a.example', 'http://127.0.0.1:1'))}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("change, words", [
    (lambda d: d["http"]["routers"]["main"].update(rule="Hots(`a.example`)"), ["main", "Hots"]),
    (lambda d: d["http"]["routers"]["main"].update(service="mian"), ["main", "mian"]),
    (lambda d: d["http"]["routers"]["main"].update(middlewares=["absent"]), ["main", "absent"]),
], ids=["unknown_matcher", "unknown_service", "unknown_middleware"])
def test_check_names_object_and_fault(tmp_path, change, words):
    dynamic = route("a.example", "http://127.0.0.1:1")
    change(dynamic)
    done = run("check", f"--configFile={static_of(tmp_path, dynamic)}")
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert all(word in said for word in words), said


def test_check_suggests_the_name_of_a_misspelt_field(tmp_path):
    dynamic = route("a.example", "http://127.0.0.1:1")
    dynamic["http"]["routers"]["main"]["midlewares"] = ["x"]
    done = run("check", f"--configFile={static_of(tmp_path, dynamic)}")
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "midlewares" in said and '"middlewares"' in said


def test_check_of_a_missing_file_says_which(tmp_path):
    done = run("check", f"--configFile={tmp_path}/absent.yml")
    assert done.returncode != 0 and "absent.yml" in done.stdout + done.stderr


def test_print_shows_the_configuration_in_force(tmp_path):
    done = run("print", f"--configFile={static_of(tmp_path, route('a.example', 'http://127.0.0.1:1'))}")
    assert done.returncode == 0 and "web" in done.stdout and "dynamic.yml" in done.stdout


def test_port_in_use_is_said_plainly(tmp_path, fairlead):
    first = fairlead(dynamic=route("a.example"))
    path = write(tmp_path, "second.yml", {"entryPoints": {"web": {"address": f"127.0.0.1:{first.web}"}}})
    done = run(f"--configFile={path}")
    assert done.returncode != 0 and str(first.web) in done.stdout + done.stderr


def test_healthcheck_follows_the_server(tmp_path, fairlead):
    server = fairlead(dynamic=route("a.example"))
    config = f"--configFile={server.folder}/fairlead.yml"
    assert run("healthcheck", config).returncode == 0
    server.stop()
    assert run("healthcheck", config).returncode != 0


def test_whoami_tells_who_answered_and_what_it_was_asked():
    port = free_port()
    process = subprocess.Popen([str(BINARY), "whoami", f"--address=127.0.0.1:{port}", "--name=me"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def answer():
            try:
                return fetch(port, "x.example", "/path", headers="X-Probe: 1\r\n")
            except OSError:
                return None
        got = wait_until(answer, "whoami to listen")
        text = got.body.decode()
        assert got.status == 200 and "Name: me" in text and "GET /path" in text and "X-Probe: 1" in text
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_whoami_without_a_port_to_bind_fails():
    done = run("whoami", "--address=127.0.0.1:999999")
    assert done.returncode != 0


def test_demo_files_are_a_good_configuration():
    assert run("check", "--configFile=deploy/demo/fairlead.yml", cwd=ROOT).returncode == 0


def test_systemd_example_is_a_good_configuration(tmp_path):
    """The unit's command line, with the files where the tests may write."""
    unit = (ROOT / "deploy/systemd/fairlead.service").read_text()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).split("=", 1)[1].split()
    assert command == ["/usr/local/bin/fairlead", "--configFile=/etc/fairlead/fairlead.yml"]
    write(tmp_path, "dynamic.yml", (ROOT / "deploy/systemd/dynamic.yml").read_text())
    static = (ROOT / "deploy/systemd/fairlead.yml").read_text().replace("/etc/fairlead", str(tmp_path)).replace("/var/log/fairlead", str(tmp_path))
    done = run("check", f"--configFile={write(tmp_path, 'fairlead.yml', static)}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_make_run_serves_the_demo_and_leaves_nothing_behind(tmp_path):
    """The script behind `make run`: two services take turns, Ctrl-C ends all, and a taken port is named."""
    ports = (8000, 8080, 18081, 18082)
    taken = [port for port in ports if not is_free(port)]
    if taken:
        pytest.skip(f"the demo's ports are taken: {taken}")
    script, environment = ROOT / "scripts/run.sh", dict(os.environ, FAIRLEAD=str(BINARY))
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen([script], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        def names():
            try:
                return {fetch(8000, "whoami.localhost").body.split(b"Name: ")[1].split()[0] for _ in range(4)}
            except (OSError, EOFError, IndexError):
                return set()
        wait_until(lambda: len(names()) == 2, f"two services\n{(tmp_path / 'log').read_text()}")
        assert fetch(8000, "localhost").body == b"404 page not found\n"
        second = subprocess.run([script], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=20)
        assert second.returncode != 0 and "8000 is in use" in second.stderr
    finally:
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait(20)
    assert code in (0, 130), (tmp_path / "log").read_text()
    wait_until(lambda: all(is_free(port) for port in ports), "every port to be free again")
