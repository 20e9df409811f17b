"""What a client and an origin see of the proxy, byte by byte, over real sockets."""
import base64
import hashlib
import json
import os
import re
import signal
import socket
import struct
import threading
import time

import pytest

from fairlead import SANITIZED, free_port, route, wait_until
from wire import Connection, fetch, read_request, reply

HOST = "a.example"


@pytest.fixture
def proxy(fairlead, origin):
    """proxy(handler) is a Fairlead in front of one scripted origin: (fairlead, origin)."""
    def start(handler=None, static=None, **options):
        upstream = origin(handler)
        return fairlead(dynamic=route(HOST, upstream.url), static=static, **options), upstream
    return start


def close_after(answer):
    """A handler that reads one request, sends these bytes and ends the connection."""
    def handler(connection):
        read_request(connection)
        connection.send(answer)
    return handler


def always(answer):
    """A handler that gives every request these bytes."""
    def handler(connection):
        while True:
            read_request(connection)
            connection.send(answer)
    return handler


# ---- connections and framing ----

def test_keep_alive_serves_many_requests_on_one_connection_each_side(proxy):
    server, upstream = proxy()
    with Connection(server.web) as client:
        for number in range(20):
            assert client.get(HOST, f"/{number}").status == 200
    assert len(upstream.requests) == 20
    assert upstream.accepted == 1


def test_pipelined_requests_are_answered_in_order(proxy):
    server, _ = proxy()
    with Connection(server.web) as client:
        client.send("".join(f"GET /p{n} HTTP/1.1\r\nHost: {HOST}\r\n\r\n" for n in range(10)))
        for number in range(10):
            assert f"GET /p{number} HTTP/1.1".encode() in client.answer().body


def test_connection_close_is_honoured(proxy):
    server, _ = proxy()
    with Connection(server.web) as client:
        answer = client.get(HOST, headers="Connection: close\r\n")
        assert answer.status == 200 and answer.get("connection", "").lower() == "close"
        assert client.is_closed()


def test_http_1_0_client_gets_a_delimited_answer_and_a_close(proxy):
    server, _ = proxy(always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n")
        answer = client.answer()
        assert "transfer-encoding" not in answer and answer.body == b"hello"


def test_chunked_request_body_reaches_the_origin(proxy):
    server, upstream = proxy()
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send("5\r\nhello\r\n")
        client.send("6;ext=1\r\n world\r\n0\r\n\r\n")
        assert client.answer().status == 200
        assert client.get(HOST).status == 200
    assert upstream.requests[0].body == b"hello world"


def test_chunked_answer_reaches_the_client_as_it_comes(proxy):
    more = threading.Event()

    def handler(connection):
        read_request(connection)
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert more.wait(10)
        connection.send("6\r\nsecond\r\n0\r\n\r\n")

    server, _ = proxy(handler)
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        assert client.head().status == 200
        client.until(b"first")
        more.set()
        client.until(b"second")
        client.until(b"0\r\n\r\n")


def test_body_that_ends_with_the_connection_arrives_whole(proxy):
    server, _ = proxy(close_after(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"z" * 100000))
    with Connection(server.web) as client:
        assert client.get(HOST).body == b"z" * 100000


def test_answer_cut_short_is_not_passed_off_as_whole(proxy):
    server, _ = proxy(close_after(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"))
    with Connection(server.web) as client, pytest.raises((EOFError, ConnectionResetError)):
        client.get(HOST)


def test_expect_continue_is_answered_before_the_body(proxy):
    server, upstream = proxy()
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.head().status == 100
        client.send("body")
        assert client.answer().status == 200
    assert upstream.requests[-1].body == b"body"


def test_head_has_the_length_and_no_body(proxy):
    server, _ = proxy()
    with Connection(server.web) as client:
        answer = client.get(HOST, method="HEAD")
        assert answer.status == 200 and int(answer["content-length"]) > 0
        assert client.get(HOST).status == 200


def test_answers_without_body_keep_the_connection(proxy):
    def handler(connection):
        while True:
            request = read_request(connection)
            status = request.target.strip("/")
            connection.send(f"HTTP/1.1 {status} x\r\n\r\n" if status in ("204", "304") else reply(b"ok"))

    server, _ = proxy(handler)
    with Connection(server.web) as client:
        for path, status in (("/204", 204), ("/304", 304), ("/", 200)):
            assert client.get(HOST, path).status == status


def test_trailers_pass_both_ways(proxy):
    seen = {}

    def handler(connection):
        request = read_request(connection)
        seen.update(request.trailers)
        connection.send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n")

    server, _ = proxy(handler)
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nTE: trailers\r\nTrailer: X-In\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\nhi\r\n0\r\nX-In: 3\r\n\r\n")
        answer = client.answer()
    assert answer.body == b"ok" and answer.trailers.get("x-sum") == "7"
    assert seen.get("x-in") == "3"


def test_interim_answers_pass(proxy):
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    server, _ = proxy(always(hint + reply(b"ok")))
    with Connection(server.web) as client:
        answer = client.get(HOST)
        assert answer.body == b"ok" and [i.status for i in answer.interim] == [103]
        assert answer.interim[0]["link"] == "</a.css>; rel=preload"


def test_hop_by_hop_fields_stay_on_their_hop(proxy):
    server, upstream = proxy(always(reply(b"ok", headers="Connection: X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nX-Public: 1\r\n")))
    with Connection(server.web) as client:
        answer = client.get(HOST, headers="Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-Yours: 1\r\nProxy-Connection: x\r\n")
    assert "x-private" not in answer and "keep-alive" not in answer and answer["x-public"] == "1"
    request = upstream.requests[0]
    assert "x-mine" not in request and "proxy-connection" not in request and request["x-yours"] == "1"


def test_body_of_one_request_never_becomes_the_next_request(proxy):
    """The origin answers without reading the body: what is left of it must not be taken for a request."""
    def handler(connection):
        connection.origin.requests.append(connection.head())
        connection.send(reply(b"early", headers="Connection: close\r\n"))

    server, upstream = proxy(handler)
    smuggled = f"GET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(smuggled)}\r\n\r\n{smuggled}")
        assert client.answer().body == b"early"
    assert all(r.target != "/smuggled" for r in upstream.requests)


# ---- upgrades ----

def test_websocket_frames_pass_both_ways(proxy):
    def handler(connection):
        request = read_request(connection)
        key = request["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        connection.send(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n")
        while True:
            head = connection.exactly(2)
            length = head[1] & 0x7F
            if length == 126:
                length = struct.unpack(">H", connection.exactly(2))[0]
            mask = connection.exactly(4)
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(connection.exactly(length)))
            frame = bytes([head[0]]) + (bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length)) + payload
            connection.send(frame)
            if head[0] & 0xF == 8:
                return

    server, upstream = proxy(handler)
    with Connection(server.web) as client:
        client.send(f"GET /chat HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        answer = client.head()
        assert answer.status == 101 and answer["upgrade"].lower() == "websocket"
        assert answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        for text in (b"hello", b"x" * 60000, b""):
            mask = b"\x01\x02\x03\x04"
            body = bytes(b ^ mask[i % 4] for i, b in enumerate(text))
            size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
            client.send(b"\x81" + size + mask + body)
            plain = bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text))
            assert client.exactly(1 + len(plain)) == b"\x81" + plain
            assert client.exactly(len(text)) == text
        client.send(b"\x88\x80\x00\x00\x00\x00")
        assert client.exactly(2) == b"\x88\x00"
        assert client.is_closed()
    assert upstream.requests[0]["x-forwarded-proto"] == "ws"


def test_refused_upgrade_is_an_ordinary_answer(proxy):
    server, _ = proxy(always(reply(b"no", status="426 Upgrade Required")))
    with Connection(server.web) as client:
        answer = client.get(HOST, headers="Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        assert answer.status == 426 and answer.body == b"no"


# ---- who is who ----

def test_forwarded_fields_tell_the_origin_about_the_client(proxy):
    server, upstream = proxy()
    fetch(server.web, HOST)
    request = upstream.requests[0]
    assert request["host"] == HOST
    assert request["x-forwarded-for"] == "127.0.0.1"
    assert request["x-real-ip"] == "127.0.0.1"
    assert request["x-forwarded-proto"] == "http"
    assert request["x-forwarded-host"] == HOST
    assert request["x-forwarded-port"] == "80"
    assert request["x-forwarded-server"]


def test_strangers_cannot_set_forwarded_fields(proxy):
    server, upstream = proxy()
    with Connection(server.web) as client:
        client.get(HOST, headers="X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Real-Ip: 1.2.3.4\r\nX-Forwarded-Prefix: /a\r\n")
    request = upstream.requests[0]
    assert request["x-forwarded-for"] == "127.0.0.1" and request["x-real-ip"] == "127.0.0.1"
    assert request["x-forwarded-proto"] == "http" and "x-forwarded-prefix" not in request


def test_trusted_peers_forwarded_fields_are_kept_and_appended(proxy):
    static = {"entryPoints": {"web": {"forwardedHeaders": {"trustedIPs": ["127.0.0.0/8"]}}}}
    server, upstream = proxy(static=static)
    with Connection(server.web) as client:
        client.get(HOST, headers="X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n")
    request = upstream.requests[0]
    assert request["x-forwarded-for"] == "1.2.3.4, 127.0.0.1" and request["x-forwarded-proto"] == "https"


# ---- answers of our own ----

def test_unknown_host_is_404_with_the_known_body(proxy):
    server, _ = proxy()
    answer = fetch(server.web, "nobody.example")
    assert answer.status == 404 and answer.body == b"404 page not found\n"
    assert answer["content-type"].startswith("text/plain")


def test_service_without_servers_is_503(fairlead):
    server = fairlead(dynamic=route(HOST))
    answer = fetch(server.web, HOST)
    assert answer.status == 503 and answer.body.strip() == b"no available server"


def test_refused_connection_is_502(fairlead):
    server = fairlead(dynamic=route(HOST, f"http://127.0.0.1:{free_port()}"))
    answer = fetch(server.web, HOST)
    assert answer.status == 502 and answer.body.strip() == b"Bad Gateway"


def test_origin_that_answers_rubbish_is_502(proxy):
    server, _ = proxy(close_after(b"rubbish\r\n\r\n"))
    assert fetch(server.web, HOST).status == 502


def test_origin_that_never_answers_is_504(proxy):
    silent = threading.Event()

    def handler(connection):
        read_request(connection)
        silent.wait(30)

    server, _ = proxy(handler, static={"serversTransport": {"forwardingTimeouts": {"responseHeaderTimeout": "300ms"}}})
    answer = fetch(server.web, HOST)
    silent.set()
    assert answer.status == 504 and answer.body.strip() == b"Gateway Timeout"


def test_idle_connection_closed_by_the_origin_is_retried(proxy):
    """An origin may close a kept connection at any time: a client must not see it."""
    def handler(connection):
        read_request(connection)
        connection.send(reply(b"ok"))

    server, upstream = proxy(handler)
    with Connection(server.web) as client:
        for _ in range(20):
            assert client.get(HOST).status == 200
    assert upstream.accepted == 20


def test_client_that_leaves_ends_its_request_upstream(proxy):
    gone = threading.Event()

    def handler(connection):
        read_request(connection)
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        connection.socket.settimeout(20)
        if connection.socket.recv(1) == b"":
            gone.set()

    server, _ = proxy(handler)
    client = Connection(server.web)
    client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    client.until(b"first")
    client.socket.close()
    assert gone.wait(15)


def test_slow_header_is_cut_off(proxy):
    server, _ = proxy(static={"limits": {"clientHeader": "300ms"}})
    with Connection(server.web) as client:
        client.send("GET / HTTP/1.1\r\nHost:")
        rest = client.rest()
        assert rest == b"" or rest.startswith(b"HTTP/1.1 408 ")


# ---- big things ----

def body_origin(total):
    """Sends `total` zero bytes as fast as they are taken."""
    block = b"\0" * (1 << 20)

    def handler(connection):
        while True:
            read_request(connection)
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n")
            for _ in range(total // len(block)):
                connection.send(block)
    return handler


def drain(connection, total):
    view, left = bytearray(1 << 20), total - len(connection.buffer)
    while left:
        count = connection.socket.recv_into(view)
        assert count, f"{left} bytes short"
        left -= count


DOWNLOAD_GIB = float(os.environ.get("FAIRLEAD_E2E_DOWNLOAD_GIB", "0.25" if SANITIZED else "1"))


def test_download_does_not_gather_in_memory(proxy, figures):
    total = int(DOWNLOAD_GIB * 2**30) // (1 << 20) * (1 << 20)
    server, _ = proxy(body_origin(total))
    assert fetch(server.web, "nobody.example").status == 404
    before, peak = server.rss_kib(), 0
    with Connection(server.web, receive_buffer=1 << 16) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        client.head()
        # The reader rests: whatever the origin can push by now is what the proxy holds.
        settle(server)
        peak = server.rss_kib()
        drain(client, total)
    peak = max(peak, server.rss_kib())
    figures(f"download of {DOWNLOAD_GIB:g} GiB, reader first at rest: memory grew by {(peak - before) / 1024:.1f} MiB")
    assert peak - before < (64 if SANITIZED else 8) * 1024


def settle(server):
    """Waits until the process's memory has stopped growing."""
    sizes = []
    wait_until(lambda: sizes.append(server.rss_kib()) or (len(sizes) > 20 and sizes[-1] == sizes[-20]), "memory to settle", every=0.02)


def test_upload_does_not_gather_in_memory(proxy):
    reading = threading.Event()

    def handler(connection):
        connection.head()
        reading.wait(20)
        connection.exactly_discard(64 << 20)
        connection.send(reply(b"ok"))

    def discard(self, count):
        count -= len(self.buffer)
        self.buffer = b""
        while count > 0:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError
            count -= len(data)

    Connection.exactly_discard = discard
    server, _ = proxy(handler)
    assert fetch(server.web, "nobody.example").status == 404
    before = server.rss_kib()
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {64 << 20}\r\n\r\n")
        sender = threading.Thread(target=lambda: [client.send(b"\0" * (1 << 20)) for _ in range(64)], daemon=True)
        sender.start()
        settle(server)
        held = server.rss_kib() - before
        reading.set()
        assert client.answer().status == 200
        sender.join(20)
    assert held < (64 if SANITIZED else 8) * 1024


def test_many_connections_at_once_are_all_served(proxy):
    server, _ = proxy(always(reply(b"ok")))
    clients = [Connection(server.web) for _ in range(200)]
    try:
        for client in clients:
            client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        assert [client.answer().status for client in clients] == [200] * 200
    finally:
        for client in clients:
            client.socket.close()


# ---- lifecycle ----

def test_sigterm_finishes_what_is_under_way_and_takes_nothing_new(proxy):
    finish = threading.Event()
    arrived = threading.Event()

    def handler(connection):
        read_request(connection)
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        arrived.set()
        finish.wait(10)
        connection.send("lf")

    server, _ = proxy(handler)
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        assert arrived.wait(10)
        client.until(b"ha")
        server.signal(signal.SIGTERM)

        def refused():
            try:
                Connection(server.web).socket.close()
                return False
            except ConnectionRefusedError:
                return True
        wait_until(refused, "the listener to close")
        assert server.process.poll() is None
        finish.set()
        assert client.exactly(2) == b"lf"
    assert server.process.wait(15) == 0


def test_sigterm_ends_an_idle_server_at_once(proxy):
    server, _ = proxy()
    with Connection(server.web) as client:
        assert client.get(HOST).status == 200
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert time.monotonic() - begin < 5
        assert client.is_closed()


def test_file_change_is_live_without_losing_a_request(fairlead, origin):
    first, second = origin(always(reply(b"first"))), origin(always(reply(b"second")))
    server = fairlead(dynamic=route(HOST, first.url))
    with Connection(server.web) as client:
        assert client.get(HOST).body == b"first"
        server.write_dynamic(route(HOST, second.url))
        seen = []

        def changed():
            answer = client.get(HOST)
            seen.append(answer.status)
            return answer.body == b"second"
        wait_until(changed, "the new server")
    assert set(seen) == {200}


def test_broken_file_leaves_the_last_good_one_in_force(fairlead, origin):
    upstream = origin(always(reply(b"good")))
    server = fairlead(dynamic=route(HOST, upstream.url))
    server.write_dynamic("http: [this is: not")
    wait_until(lambda: "dynamic.yml" in server.log(), "a word about the file in the log")
    assert fetch(server.web, HOST).body == b"good"


def test_one_broken_router_leaves_the_others_alone(fairlead, origin):
    upstream = origin(always(reply(b"good")))
    dynamic = route(HOST, upstream.url)
    dynamic["http"]["routers"]["broken"] = {"rule": "Hots(`b.example`)", "service": "main"}
    server = fairlead(dynamic=dynamic)
    assert fetch(server.web, HOST).body == b"good"
    assert "broken" in server.log()


# ---- access log ----

CLF = re.compile(r'^127\.0\.0\.1 - - \[[^\]]+\] "GET /logged\?q=1 HTTP/1\.1" 200 2 "http://ref/" "probe/1" \d+ "main@file" '
                 r'"http://127\.0\.0\.1:\d+" \d+ms$', re.M)


def log_one(server):
    with Connection(server.web) as client:
        assert client.get(HOST, "/logged?q=1", headers="Referer: http://ref/\r\nUser-Agent: probe/1\r\n").status == 200


def test_access_log_in_common_format(proxy):
    server, _ = proxy(always(reply(b"ok")), static={"accessLog": {"filePath": "access.log"}})
    path = server.folder / "access.log"
    log_one(server)
    wait_until(lambda: path.exists() and CLF.search(path.read_text()), f"the line in {path}")


def test_access_log_in_json(proxy):
    server, upstream = proxy(always(reply(b"ok")), static={"accessLog": {"filePath": "access.log", "format": "json"}})
    path = server.folder / "access.log"
    log_one(server)
    line = wait_until(lambda: path.exists() and path.read_text().strip(), "a line")
    record = json.loads(line.splitlines()[-1])
    assert record["RequestPath"] == "/logged?q=1" and record["RequestMethod"] == "GET"
    assert record["DownstreamStatus"] == 200 and record["OriginStatus"] == 200 and record["DownstreamContentSize"] == 2
    assert record["RouterName"] == "main@file" and record["ServiceURL"].startswith(upstream.url)
    assert record["ClientHost"] == "127.0.0.1" and record["Duration"] > 0


def test_sighup_reopens_the_access_log(proxy):
    server, _ = proxy(always(reply(b"ok")), static={"accessLog": {"filePath": "access.log"}})
    path = server.folder / "access.log"
    log_one(server)
    wait_until(lambda: path.exists() and "/logged" in path.read_text(), "a line before")
    path.rename(path.with_suffix(".1"))
    server.signal(signal.SIGHUP)
    wait_until(path.exists, "the new file")
    log_one(server)
    wait_until(lambda: "/logged" in path.read_text(), "a line after")


# ---- the API's own ----

def test_ping_and_ready_and_the_routers_list(proxy):
    server, _ = proxy()
    assert server.api("/ping", parse=False) == b"OK"
    routers = server.api("/api/http/routers")
    assert any(r["name"] == "main@file" and r["status"] == "enabled" for r in routers)


def test_metrics_count_requests(proxy):
    server, _ = proxy(always(reply(b"ok")), static={"metrics": {"prometheus": {}}})
    for _ in range(3):
        assert fetch(server.web, HOST).status == 200
    want = re.compile(r'^traefik_service_requests_total\{[^}]*code="200"[^}]*\} 3', re.M)
    wait_until(lambda: want.search((server.api("/metrics", parse=False) or b"").decode()), "three requests on the counter")
