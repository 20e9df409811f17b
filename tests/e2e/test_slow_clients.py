"""Slow clients: those that only hold a connection are shed, those that are merely slow get all they came for."""
import shutil
import subprocess
import threading
import time

import pytest

from fairlead import route, wait_until
from wire import Connection, fetch, read_request

HOST = "a.example"
BIG = 24 << 20


def download(connection):
    """An origin whose every answer is large."""
    block = b"x" * 65536
    while True:
        read_request(connection)
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n")
        for _ in range(BIG // len(block)):
            connection.send(block)


@pytest.fixture
def proxy(fairlead, origin):
    def start(handler=None, **limits):
        return fairlead(dynamic=route(HOST, origin(handler).url), static={"limits": limits})
    return start


def test_a_body_that_drips_is_shed(proxy):
    server = proxy()
    with Connection(server.web, timeout=60) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n")
        done = threading.Event()
        threading.Thread(target=drip, args=(client, done), daemon=True).start()
        begin = time.monotonic()
        answer = client.answer()
        done.set()
    assert answer.status == 408 and 4 < time.monotonic() - begin < 25


def drip(client, done):
    try:
        while not done.wait(0.5):
            client.send("x" * 20)
    except OSError:
        pass


def test_an_honest_upload_may_be_slow_and_pause(proxy):
    server = proxy()
    size = 60_000
    with Connection(server.web, timeout=60) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n\r\n")
        begin = time.monotonic()
        for _ in range(6):
            client.send("x" * (size // 6))
            time.sleep(1.5)
        answer = client.answer()
    assert answer.status == 200 and time.monotonic() - begin > 8


def read_slowly(server, rate, seconds, receive_buffer=4096):
    """Bytes read at a rate, and whether the connection was still there after the time."""
    with Connection(server.web, receive_buffer=receive_buffer, timeout=30) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        got, begin = 0, time.monotonic()
        while (now := time.monotonic() - begin) < seconds:
            try:
                data = client.socket.recv(max(1, min(65536, int(rate * now) - got)))
            except ConnectionResetError:
                return got, False
            if not data:
                return got, False
            got += len(data)
            if got > rate * now:
                time.sleep(min(0.2, (got - rate * now) / rate))
        return got, True


def test_an_honest_reader_is_read_to_the_end(proxy):
    # The limit of one write's silence is shorter than this reader takes to empty the socket's buffers.
    server = proxy(download, clientWrite="6s")
    got, is_open = read_slowly(server, 30_000, 25)
    assert is_open, got


def test_a_reader_that_drips_is_shed_with_all_that_was_queued_for_it(proxy):
    server = proxy(download, clientWrite="6s")
    reader = threading.Thread(target=read_slowly, args=(server, 20, 30), daemon=True)
    reader.start()
    wait_until(lambda: held(server.web) == 1, "the reader")
    wait_until(lambda: held(server.web) == 0, "its end", timeout=28)


def test_a_reader_of_nothing_at_all_is_shed(proxy):
    server = proxy(download, clientWrite="3s")
    with Connection(server.web, receive_buffer=4096) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        wait_until(lambda: held(server.web) == 0, "the end of the connection", timeout=30)


def held(port):
    """Connections of which the system holds anything for us: what is sent and not acknowledged outlives a close."""
    states = ["state", "established", "state", "fin-wait-1", "state", "close-wait"]
    text = subprocess.run(["ss", "-Htn", *states, f"sport = :{port}"], capture_output=True, text=True).stdout
    return len(text.splitlines())


def established(port):
    text = subprocess.run(["ss", "-Htn", "state", "established", f"sport = :{port}"], capture_output=True, text=True).stdout
    return len(text.splitlines())


@pytest.mark.skipif(shutil.which("slowhttptest") is None, reason="slowhttptest is not installed")
@pytest.mark.parametrize("attack", [["-H", "-i", "2"], ["-B", "-i", "2", "-s", "100000"], ["-R", "-i", "2"],
                                    ["-X", "-w", "16", "-y", "32", "-n", "5", "-z", "8", "-k", "3"]],
                         ids=["slow head", "slow body", "ranges", "slow read"])
def test_slow_attacks_in_numbers_harm_nobody(proxy, attack, figures):
    server = proxy(download if attack[0] == "-X" else None, clientWrite="10s")
    before = server.rss_kib()
    command = ["slowhttptest", "-c", "300", "-r", "150", "-l", "20", "-p", "5", "-x", "10", *attack, "-u",
               f"http://127.0.0.1:{server.web}/"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, established(server.web))
        begin = time.monotonic()
        if attack[0] != "-X":
            assert fetch(server.web, HOST).status == 200
        assert time.monotonic() - begin < 5
        time.sleep(0.3)
    wait_until(lambda: established(server.web) == 0, "all of them are gone", timeout=40)
    figures(f"slowhttptest {attack[0]}: {peak} connections held at most, {server.rss_kib() - before} KiB more memory after it")
