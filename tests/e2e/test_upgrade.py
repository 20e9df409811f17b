"""A new binary takes over while clients come and go: none of them may notice."""
import os
import signal
import socket
import threading
import time

import pytest

import h2_client
from fairlead import free_port, route, wait_until
from wire import Connection, fetch, read_request, reply

HOST = "a.example"


@pytest.fixture
def upgradable(fairlead, origin):
    """upgradable(…): a Fairlead in front of an echoing origin, whose command can be changed before an upgrade."""
    made = []

    def start(handler=None, **options):
        upstream = origin(handler)
        server = fairlead(dynamic=route(HOST, upstream.url), **options)
        made.append(server)
        return server

    yield start
    for server in made:
        for pid in pids(server):
            if server.process is None or pid != server.process.pid:
                end(pid)


def pids(server):
    """Every process that runs this server's configuration, oldest first."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            with open(f"/proc/{name}/stat") as file:
                state, started = file.read().rsplit(")", 1)[1].split()[0::19][:2]
        except OSError:
            continue
        if f"--configFile={server.folder}/fairlead.yml".encode() in words and state != "Z":
            found.append((int(started), int(name)))
    return [pid for _, pid in sorted(found)]


def end(pid, number=signal.SIGTERM):
    os.kill(pid, number)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}") or is_zombie(pid), f"end of {pid}")


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def upgrade(server, gone=True):
    """Signals the newest process; returns its successor once that serves (and, unless told otherwise, it is alone)."""
    old = pids(server)[-1]
    before = server.log().count("upgrade: the new process serves")
    os.kill(old, signal.SIGUSR2)
    wait_until(lambda: server.log().count("upgrade: the new process serves") > before, f"hand-over\n{server.log()}", timeout=60)
    if gone:
        wait_until(lambda: old not in pids(server), f"the end of the old process\n{server.log()}", timeout=60)
    return pids(server)[-1]


class Load:
    """Clients of three kinds until stop(): on fresh connections, on kept ones that honour `Connection: close`, and POSTs.
    Every failure is kept; after many of them there is nothing more to learn."""

    def __init__(self, port, threads=2):
        self.port, self.stopping, self.done, self.failures = port, False, 0, []
        self.threads = [threading.Thread(target=self.run, args=(kind,), daemon=True) for kind in (self.fresh, self.kept) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, kind):
        while not self.stopping and len(self.failures) < 100:
            try:
                kind()
            except Exception as problem:  # noqa: BLE001 - what went wrong is the result
                self.failures.append(f"{kind.__name__}: {problem!r}")

    def check(self, answer):
        if answer.status != 200:
            self.failures.append(f"status {answer.status}")
        self.done += 1

    def fresh(self):
        self.check(fetch(self.port, HOST, "/fresh", headers="Connection: close\r\n"))

    def kept(self):
        with Connection(self.port) as client:
            for _ in range(200):
                answer = client.get(HOST, "/kept", method="POST", headers="Content-Length: 3\r\n", body=b"abc")
                self.check(answer)
                if self.stopping or answer.get("connection", "").lower() == "close":
                    return
                time.sleep(0.001)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(30)
        return self.done, self.failures


def test_upgrades_under_load_lose_no_request_and_refuse_no_connection(upgradable, figures):
    server = upgradable(workers=2, static={"limits": {"handOver": "4s"}})
    load = Load(server.web)
    seen = [pids(server)[-1]]
    for _ in range(4):
        done = load.done
        wait_until(lambda: load.done > done + 200, "some load")
        seen.append(upgrade(server))
    done, failures = load.stop()
    assert not failures, failures[:5]
    assert len(set(seen)) == 5
    figures(f"upgrade: 4 upgrades, {done} requests on fresh and kept connections, {len(failures)} failed")


@pytest.mark.parametrize("before, after", [(1, 3), (3, 1), (2, 2)])
def test_the_number_of_workers_may_change_with_an_upgrade(upgradable, before, after):
    server = upgradable(workers=None, static={"workers": before, "limits": {"handOver": "4s"}})
    load = Load(server.web)
    path = server.folder / "fairlead.yml"
    path.write_text(path.read_text().replace(f'"workers": {before}', f'"workers": {after}'))
    wait_until(lambda: load.done > 200, "some load")
    pid = upgrade(server)
    done = load.done
    wait_until(lambda: load.done > done + 200, "some load")
    assert worker_threads(pid) == after
    upgrade(server)
    _, failures = load.stop()
    assert not failures, failures[:5]


def worker_threads(pid):
    names = [open(f"/proc/{pid}/task/{task}/comm").read() for task in os.listdir(f"/proc/{pid}/task")]
    return sum(name.startswith("worker-") for name in names)


def test_addresses_come_and_go_with_an_upgrade(upgradable):
    server = upgradable(workers=2, static={"limits": {"handOver": "2s"}})
    new = free_port()
    load = Load(server.web, threads=1)
    path = server.folder / "fairlead.yml"
    text = path.read_text()
    path.write_text(text.replace(f'"127.0.0.1:{server.web}"', f'"127.0.0.1:{server.web},127.0.0.1:{new}"'))
    upgrade(server)
    assert fetch(new, HOST).status == 200
    path.write_text(text)
    upgrade(server)
    with pytest.raises(ConnectionRefusedError):
        fetch(new, HOST)
    _, failures = load.stop()
    assert not failures, failures[:5]


def test_a_binary_that_does_not_start_changes_nothing(upgradable):
    server = upgradable()
    path = server.folder / "fairlead.yml"
    text = path.read_text()
    load = Load(server.web, threads=1)
    path.write_text(text.replace('"address"', '"adress"').replace("127.0.0.1", "127.0.0.300"))
    os.kill(server.process.pid, signal.SIGUSR2)
    wait_until(lambda: "the new process does not serve, this one goes on; it ended with code 1" in server.log(), server.log())
    path.write_text(text)
    assert pids(server) == [server.process.pid]
    upgrade(server, gone=False)
    _, failures = load.stop()
    assert not failures, failures[:5]


def test_a_stop_in_the_middle_of_an_upgrade_ends_both(upgradable):
    server = upgradable()
    os.kill(server.process.pid, signal.SIGUSR2)
    wait_until(lambda: "upgrade: starting" in server.log(), "the upgrade's begin")
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not [pid for pid in pids(server) if pid == server.process.pid], "its end")


def test_long_answers_and_tunnels_outlive_the_hand_over(upgradable):
    go = threading.Event()

    def slow(connection):
        request = read_request(connection)
        if request.get("upgrade"):
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while data := connection.socket.recv(1000):
                connection.send(data)
            return
        if request.target == "/slow":
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            go.wait(30)
            connection.send("world")
        else:
            connection.send(reply("quick"))

    server = upgradable(slow)
    with Connection(server.web) as download, Connection(server.web) as tunnel, Connection(server.web) as idle:
        download.send(f"GET /slow HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        download.until(b"hello")
        tunnel.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        assert tunnel.head().status == 101
        assert idle.get(HOST).get("connection") is None
        old = server.process.pid
        upgrade(server, gone=False)
        assert fetch(server.web, HOST).body == b"quick"
        answer = idle.get(HOST)
        assert answer.status == 200 and answer["connection"].lower() == "close"
        tunnel.send("ping")
        assert tunnel.exactly(4) == b"ping"
        go.set()
        assert download.until(b"world") == b"world"
        assert old in pids(server)
    wait_until(lambda: old not in pids(server), "the old process goes with its last connection")


def test_http2_clients_are_told_and_nothing_of_theirs_is_cut(upgradable):
    server = upgradable()
    with h2_client.H2(server.web) as client:
        assert client.get(HOST)[0] == 200
        upgrade(server, gone=False)
        first = client.until(h2_client.GOAWAY)
        # The first word lets requests that are on their way come in, and one does.
        assert first.error == 0 and int.from_bytes(first.payload[:4], "big") == 2**31 - 1
        assert client.get(HOST)[0] == 200
        assert client.goodbye() == 0


def test_the_service_manager_learns_who_serves(upgradable, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        server = upgradable(environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"})
        said = listen(manager, "READY=1")
        assert any("WATCHDOG=1" in one for one in said)
        new = upgrade(server, gone=False)
        said = listen(manager, f"MAINPID={new}")
        assert any("RELOADING=1\nMONOTONIC_USEC=" in one for one in said)
        os.kill(new, signal.SIGTERM)
        listen(manager, "STOPPING=1")


def listen(manager, wanted):
    said = []
    while not said or wanted not in said[-1]:
        said.append(manager.recv(4096).decode())
    return said
