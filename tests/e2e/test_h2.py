"""HTTP/2 towards clients: messages, flow control, and one driver for each known attack (docs/http2.md)."""
import contextlib
import shutil
import struct
import subprocess
import threading

import pytest

import fairlead as harness
import h2_client
import wire
from h2_client import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GOAWAY, H2, HEADERS,
                       PING, PRIORITY, PROTOCOL_ERROR, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, literal)

HOST = "a.test"
ROOM_KIB = 4096 if not harness.SANITIZED else 65536  # one megabyte a connection, and slack for the allocator


@pytest.fixture
def served(fairlead, origin):
    return fairlead(dynamic=harness.route(HOST, origin().url))



def test_request_and_response_with_body(served):
    with H2(served.web) as client:
        stream = client.open(HOST, "/a?b=c", "POST", [("content-length", "11"), ("cookie", "a=1"), ("cookie", "b=2")],
                             end=False)
        client.send(frame(DATA, 0, stream, b"hello ") + frame(DATA, END_STREAM, stream, b"world"))
        status, fields, body, _ = client.answer(stream)
    assert status == 200
    assert b"POST /a?b=c HTTP/1.1" in body and b"hello world" in body
    assert b"Cookie: a=1; b=2\r\n" in body
    assert "connection" not in fields and "transfer-encoding" not in fields


def test_many_streams_at_once(served):
    with H2(served.web) as client:
        streams = [client.open(HOST, f"/{i}") for i in range(90)]
        open_streams = set(streams)
        while open_streams:
            got = client.read()
            assert got is not None
            if got.kind in (HEADERS, DATA) and got.flags & END_STREAM:
                open_streams.discard(got.stream)


def test_large_upload_under_flow_control(served, origin, fairlead):
    counted = []

    def count(connection):
        head = connection.head()
        size = int(head["content-length"])
        while size:
            if not connection.buffer:
                connection.fill()
            size -= len(connection.buffer)
            connection.buffer = b""
        counted.append(int(head["content-length"]))
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = fairlead(dynamic=harness.route(HOST, origin(count).url))
    total, block = 2_000_000, b"x" * 16384
    with H2(server.web) as client:
        stream = client.open(HOST, "/", "POST", [("content-length", str(total))], end=False)
        mine, whole, sent = 65535, 65535, 0
        while sent < total:
            part = min(len(block), total - sent, mine, whole)
            if part:
                client.send(frame(DATA, END_STREAM if sent + part == total else 0, stream, block[:part]))
                sent, mine, whole = sent + part, mine - part, whole - part
                continue
            got = client.read()
            if got.kind == WINDOW_UPDATE:
                credit = struct.unpack(">I", got.payload)[0]
                mine, whole = mine + (credit if got.stream else 0), whole + (0 if got.stream else credit)
        assert client.answer(stream)[0] == 200
    assert counted == [total]


def test_trailers_and_early_answer(fairlead, origin):
    def grpc(connection):
        connection.head()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n"
                        "2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n")

    server = fairlead(dynamic=harness.route(HOST, origin(grpc).url))
    with H2(server.web) as client:
        status, _, body, trailers = client.get(HOST, "/", fields=[("te", "trailers")])
        assert (status, body, trailers) == (200, b"ok", {"grpc-status": "0"})
        # Not found, while the body is still to come: answered, then told not to send it.
        stream = client.open("unknown.test", "/", "POST", end=False)
        assert client.answer(stream)[0] == 404
        assert client.until(RST_STREAM, stream).error == 0
        client.send(frame(DATA, 0, stream, b"x" * 1000))
        assert client.get(HOST, "/", fields=[("te", "trailers")])[0] == 200


def test_refused_heads_get_an_answer_and_the_connection_goes_on(served):
    with H2(served.web) as client:
        assert client.get(HOST, fields=[("host", "other.test")])[0] == 400
        assert client.get(HOST, fields=[("x", "y")] * 101)[0] == 431
        assert client.get(HOST, fields=[("expect", "tea")])[0] == 417
        assert client.get(HOST, fields=[("cookie", "a=b")] * 256)[0] == 200
        assert client.get(HOST, method="TRACE", fields=[("connection", "close")])[3].error == PROTOCOL_ERROR
        assert client.get(HOST)[0] == 200


def test_client_reset_cancels_the_upstream_request(fairlead, origin):
    asked, gone = threading.Event(), threading.Event()

    def hang(connection):
        connection.head()
        asked.set()
        connection.rest()
        gone.set()

    server = fairlead(dynamic=harness.route(HOST, origin(hang).url))
    with H2(server.web) as client:
        stream = client.open(HOST)
        assert asked.wait(harness.PATIENCE)
        client.send(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
        assert gone.wait(harness.PATIENCE)


def test_websocket_over_extended_connect(fairlead, origin):
    def upgrade(connection):
        head = connection.head()
        assert head["upgrade"].lower() == "websocket" and len(head["sec-websocket-key"]) == 24
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: whatever\r\n\r\nwelcome")
        while connection.fill():
            connection.send(connection.buffer.upper())
            connection.buffer = b""
        connection.send("bye")

    server = fairlead(dynamic=harness.route(HOST, origin(upgrade).url))
    with H2(server.web) as client:
        block = b"".join(literal(n, v) for n, v in [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                                    (":path", "/chat"), (":authority", HOST),
                                                    ("sec-websocket-version", "13")])
        client.send(frame(HEADERS, END_HEADERS, 1, block))
        head = client.until(HEADERS, 1)
        fields = dict(head.fields)
        assert fields[":status"] == "200" and "sec-websocket-accept" not in fields
        assert client.until(DATA, 1).payload == b"welcome"
        client.send(frame(DATA, 0, 1, b"hello"))
        assert client.until(DATA, 1).payload == b"HELLO"
        client.send(frame(DATA, END_STREAM, 1))
        last = b""
        while (got := client.until(DATA, 1)) is not None:
            last += got.payload
            if got.flags & END_STREAM:
                break
        assert last == b"bye"
        client.next_id = 3
        assert client.get(HOST, method="CONNECT")[3].error == PROTOCOL_ERROR  # a plain one has no path


def test_graceful_goodbye_on_sigterm(fairlead, origin):
    asked, release = threading.Event(), threading.Event()

    def slow(connection):
        connection.head()
        asked.set()
        release.wait(harness.PATIENCE)
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    server = fairlead(dynamic=harness.route(HOST, origin(slow).url))
    with H2(server.web) as client:
        stream = client.open(HOST)
        assert asked.wait(harness.PATIENCE)
        server.signal(15)
        early = {}
        while not {PING, GOAWAY} <= set(early):
            got = client.read()
            early[got.kind] = got
        assert early[GOAWAY].error == 0 and early[GOAWAY].payload[:4] == b"\x7f\xff\xff\xff"
        client.send(frame(PING, ACK, 0, early[PING].payload))
        assert client.until(GOAWAY).payload[:4] == struct.pack(">I", stream)
        release.set()
        assert client.answer(stream)[2] == b"ok"
        assert client.read() is None


ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


@attack
def rapid_reset(client):
    for _ in range(400):
        data = b""
        for _ in range(10):
            stream, head = client.open(HOST, send=False)
            data += head + frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))
        if not client.try_send(data):
            return


@attack
def made_you_reset(client):
    for _ in range(2000):
        stream, head = client.open(HOST, fields=[("connection", "x")], send=False)
        if not client.try_send(head):
            return


@attack
def continuation_flood(client):
    client.send(frame(HEADERS, 0, 1, h2_client.request(HOST)))
    while client.try_send(frame(CONTINUATION, 0, 1, literal("a", "b" * 100))):
        pass


@attack
def settings_flood(client):
    while client.try_send(frame(SETTINGS) * 100):
        pass


@attack
def ping_flood(client):
    while client.try_send(frame(PING, 0, 0, b"12345678") * 100):
        pass


@attack
def priority_flood(client):
    while client.try_send(frame(PRIORITY, 0, 1, b"\0\0\0\0\1") * 100):
        pass


@attack
def empty_data_flood(client):
    stream = client.open(HOST, "/", "POST", end=False)
    while client.try_send(frame(DATA, 0, stream) * 100):
        pass


@attack
def window_dribble(client):
    while client.try_send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 100):
        pass


@attack
def unknown_frames(client):
    while client.try_send(frame(0xfa, 0, 0, b"x") * 100):
        pass


@attack
def hpack_bomb(client):
    # Four thousand bytes into the dynamic table, then as many references of one byte as a frame holds.
    grow = b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000
    while True:
        stream, self_id = client.next_id, client.next_id + 2
        client.next_id = self_id
        if not client.try_send(frame(HEADERS, END_HEADERS | END_STREAM, stream,
                                     h2_client.request(HOST) + grow + b"\xbe" * 12000)):
            return


@attack
def http2_bomb_of_crumbs(client):
    grow = b"\x40" + literal("cookie", "")[1:]
    while True:
        stream = client.next_id
        client.next_id += 2
        if not client.try_send(frame(HEADERS, END_HEADERS | END_STREAM, stream,
                                     h2_client.request(HOST) + grow + b"\xbe" * 14000)):
            return


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_attack_ends_its_own_connection_only(served, name):
    assert h2_client.is_served(served.web, HOST)
    before = served.rss_kib()
    with H2(served.web) as client:
        # The attacker reads too, or it would only block itself.
        sender = threading.Thread(target=ATTACKS[name], args=(client,), daemon=True)
        sender.start()
        error = client.goodbye()
        sender.join(harness.PATIENCE)
        assert not sender.is_alive(), "still connected"
    # What is sent after the verdict may earn a second one, and a connection closed with bytes unread is reset, which can
    # cost the client our goodbye. That it ends, and that nobody else notices, is the point.
    assert error in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR, None)
    assert served.rss_kib() - before < ROOM_KIB
    assert h2_client.is_served(served.web, HOST)


def test_closed_windows_hold_little_memory(fairlead, origin):
    def large(connection):
        with contextlib.suppress(OSError):
            while True:
                connection.head()
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 4_000_000)

    server = fairlead(dynamic=harness.route(HOST, origin(large).url))
    with H2(server.web) as warm:
        assert len(warm.get(HOST)[2]) == 4_000_000
    before = server.rss_kib()
    with H2(server.web, settings=[(4, 0)]) as client:
        for _ in range(50):
            client.open(HOST)
        for _ in range(50):
            assert client.until(HEADERS) is not None
        # What stays is each upstream connection's own receive buffer.
        assert server.rss_kib() - before < 50 * 80 + ROOM_KIB
        with H2(server.web) as other:
            assert len(other.get(HOST)[2]) == 4_000_000


def test_tools_agree(served):
    curl = shutil.which("curl")
    h2load = shutil.which("h2load")
    if curl is None or h2load is None:
        pytest.skip("curl and h2load (nghttp2-client) are not installed")
    out = subprocess.run([curl, "-sv", "--http2-prior-knowledge", "-H", f"Host: {HOST}", f"http://127.0.0.1:{served.web}/"],
                         capture_output=True, text=True, timeout=30)
    assert "HTTP/2 200" in out.stderr
    out = subprocess.run([h2load, "-n", "400", "-c", "4", "-m", "20", "-H", f":authority: {HOST}",
                          f"http://127.0.0.1:{served.web}/"], capture_output=True, text=True, timeout=60)
    assert "400 succeeded" in out.stdout, out.stdout


def test_http1_goes_on_beside_it(served):
    assert wire.fetch(served.web, HOST).status == 200
    with wire.Connection(served.web) as connection:
        connection.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.answer().status == 200
        connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert connection.answer().status == 505
