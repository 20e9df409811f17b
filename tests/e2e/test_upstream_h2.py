"""HTTP/2 towards services: multiplexing, flow control, trailers, resets, GOAWAY, and upstreams that mean harm."""
import struct
import threading
import time

import pytest

import wire
from fairlead import wait_until
from h2_client import DATA, END_HEADERS, END_STREAM, GOAWAY, H2, HEADERS, PING, REFUSED_STREAM, RST_STREAM, SETTINGS, WINDOW_UPDATE
from h2_client import CONTINUATION, frame, literal
from h2_origin import H2Origin

HOST = "h2-upstream.test"
CANCEL, INTERNAL_ERROR = 8, 2


def dynamic(url, transport=None):
    balancer = {"servers": [{"url": url}]}
    document = {"http": {"routers": {"r": {"rule": f"Host(`{HOST}`)", "service": "s"}}, "services": {"s": {"loadBalancer": balancer}}}}
    if transport is not None:
        balancer["serversTransport"] = "t"
        document["http"]["serversTransports"] = {"t": transport}
    return document


@pytest.fixture
def h2_origin():
    started = []

    def start(handler=None, **options):
        started.append(H2Origin(handler, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def proxy(fairlead, h2_origin):
    def start(handler=None, transport=None, static=None, **options):
        origin = h2_origin(handler, **options)
        server = fairlead(dynamic=dynamic(origin.url, transport), static=static or {})
        server.origin = origin
        return server

    return start


def test_requests_share_one_connection(proxy):
    server = proxy()
    with wire.Connection(server.web) as client:
        for i in range(5):
            answer = client.get(HOST, f"/{i}?q")
            assert answer.status == 200 and answer.body == f"GET /{i}?q\n".encode()
    assert wire.fetch(server.web, HOST, "/x", method="POST", headers="Content-Length: 3\r\n", body=b"abc").body == b"POST /x\nabc"
    assert server.origin.accepted == 1


def test_the_head_is_an_http_2_head(proxy):
    server = proxy()
    wire.fetch(server.web, HOST, "/a b".replace(" ", "%20"), headers="Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Own: Yes\r\n")
    fields = server.origin.requests[0]
    names = [name for name, _ in fields]
    assert dict(fields[:4]) == {":method": "GET", ":scheme": "http", ":authority": HOST, ":path": "/a%20b"}
    assert ("x-own", "Yes") in fields and ("te", "trailers") in fields
    assert not {"host", "connection", "x-hop", "keep-alive", "transfer-encoding"} & set(names)
    assert "x-forwarded-for" in names


def test_a_burst_does_not_open_a_connection_each(proxy):
    def slow(peer):
        while True:
            stream = peer.request()
            threading.Timer(0.2, peer.answer, (stream, b"ok")).start()

    server = proxy(slow)
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(wire.fetch(server.web, HOST).status)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    assert server.origin.accepted == 1


def test_another_connection_is_opened_at_the_upstreams_limit(proxy):
    opened = threading.Barrier(6, timeout=20)

    def handler(peer):
        def later(stream):
            opened.wait()
            peer.answer(stream, b"ok")
        while True:
            threading.Thread(target=later, args=(peer.request(),), daemon=True).start()

    server = proxy(handler, settings=[(3, 2)])
    assert server.origin.accepted == 0
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(wire.fetch(server.web, HOST, timeout=30).status)) for _ in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)  # so that SETTINGS is known: it is not before the first answer
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6 and server.origin.accepted >= 3


def test_trailers_and_interim_answers_pass(proxy):
    def handler(peer):
        stream = peer.request()
        peer.headers(stream, (":status", "103"), ("link", "</a.css>"))
        peer.headers(stream, (":status", "200"), ("x-request-trailer", peer.trailers.get(stream, {}).get("x-sum", "")))
        peer.data(stream, b"body")
        peer.headers(stream, ("x-checksum", "abc"), end=True)
        peer.request()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n")
        answer = client.answer()
    assert answer.status == 200 and answer.body == b"body" and answer.trailers == {"x-checksum": "abc"}
    assert [head.status for head in answer.interim] == [103] and answer["x-request-trailer"] == "5"


def test_bodiless_answers(proxy):
    def handler(peer):
        while True:
            stream = peer.request()
            fields = dict(peer.requests[stream])
            if fields[":method"] == "HEAD":
                peer.headers(stream, (":status", "200"), ("content-length", "7"), end=True)
            else:
                peer.headers(stream, (":status", fields[":path"][1:]), end=True)

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        head = client.get(HOST, method="HEAD")
        assert head.status == 200 and head["content-length"] == "7"
        for status in (204, 304, 200):
            answer = client.get(HOST, f"/{status}")
            assert answer.status == status and answer.body == b""


def test_a_client_that_leaves_resets_the_stream(proxy):
    def handler(peer):
        peer.head()
        while True:
            peer.read()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        wait_until(lambda: server.origin.requests, "the request")
        client.socket.setsockopt(__import__("socket").SOL_SOCKET, __import__("socket").SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: server.origin.resets == [CANCEL], "RST_STREAM")


def test_a_client_that_leaves_in_the_middle_of_the_answer_resets_the_stream(proxy):
    def handler(peer):
        stream = peer.request()
        peer.headers(stream, (":status", "200"))
        peer.data(stream, b"x" * 1000)
        while True:
            peer.read()

    server = proxy(handler)
    with H2(server.web) as client:
        stream = client.open(HOST)
        assert client.until(DATA, stream)
        client.send(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
        wait_until(lambda: server.origin.resets == [CANCEL], "RST_STREAM")


def test_refused_streams_are_tried_again_even_when_not_idempotent(proxy):
    def handler(peer):
        first = peer.request()
        if peer.number == 1:
            peer.reset(first, REFUSED_STREAM)
        else:
            peer.answer(first, b"ok")
        peer.request()

    server = proxy(handler)
    assert wire.fetch(server.web, HOST, method="POST", headers="Content-Length: 0\r\n").body == b"ok"


def test_streams_above_goaway_are_tried_again_and_others_finish(proxy):
    def handler(peer):
        first = peer.request()
        if peer.number == 1:
            second = peer.request()
            peer.go_away(first)
            time.sleep(0.1)
            peer.answer(first, b"first connection")
            assert second
        else:
            peer.answer(first, b"second connection")
        while True:
            peer.answer(peer.request(), b"later")

    server = proxy(handler)
    bodies = []

    def fetch():
        bodies.append(wire.fetch(server.web, HOST, method="POST", headers="Content-Length: 0\r\n").body)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
        wait_until(lambda: len(server.origin.requests) >= len(threads[:threads.index(thread) + 1]), "its request")
    for thread in threads:
        thread.join()
    assert sorted(bodies) == [b"first connection", b"second connection"]
    assert wire.fetch(server.web, HOST).body == b"later"


def test_a_shared_connection_that_was_closed_is_retried_like_http_1(proxy):
    def handler(peer):
        peer.answer(peer.request(), b"ok")
        if peer.number == 1:
            peer.request()  # … and ends without a word
        else:
            while True:
                peer.answer(peer.request(), b"again")

    server = proxy(handler)
    assert wire.fetch(server.web, HOST).body == b"ok"
    assert wire.fetch(server.web, HOST).status == 200
    assert server.origin.accepted == 2


def test_a_reset_in_the_middle_is_not_passed_off_as_whole(proxy):
    def handler(peer):
        stream = peer.request()
        peer.headers(stream, (":status", "200"), ("content-length", "10"))
        peer.data(stream, b"half")
        time.sleep(0.1)
        peer.reset(stream, INTERNAL_ERROR)
        peer.request()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        assert client.head().status == 200
        assert client.rest() == b"half"


def test_a_reset_before_the_answer_is_502(proxy):
    def handler(peer):
        while True:
            peer.reset(peer.request(), INTERNAL_ERROR)

    assert wire.fetch(proxy(handler).web, HOST, method="POST", headers="Content-Length: 0\r\n").status == 502


def test_an_answer_before_the_end_of_the_upload_stops_it(proxy):
    def handler(peer):
        stream = peer.head()
        peer.answer(stream, b"enough", status="413")
        peer.reset(stream, 0)
        peer.request()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000000\r\n\r\n" + "x" * 1000)
        answer = client.answer()
        assert answer.status == 413 and answer.body == b"enough"


def test_a_closed_window_holds_the_upload_back(proxy):
    seen = threading.Event()

    def handler(peer):
        peer.gives_credit = False
        stream = peer.head()
        while len(peer.bodies[stream]) < 65535:
            peer.read()
        seen.set()
        time.sleep(0.5)
        for kind in (0, stream):
            peer.send(frame(WINDOW_UPDATE, 0, kind, struct.pack(">I", 1 << 24)))
        while stream not in peer.trailers and len(peer.bodies[stream]) < 4 << 20:
            peer.read()
        peer.answer(stream, str(len(peer.bodies[stream])).encode())
        peer.request()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        body = b"u" * (4 << 20)
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n")
        sender = threading.Thread(target=client.send, args=(body,))
        sender.start()
        assert seen.wait(20)
        sender.join()
        assert client.answer().body == str(4 << 20).encode()


def test_a_reader_that_rests_closes_the_upstreams_window_and_starves_nobody(proxy):
    sent = []

    def handler(peer):
        while True:
            stream = peer.request()
            if dict(peer.requests[stream])[":path"] == "/quick":
                peer.answer(stream, b"quick")
                continue
            peer.headers(stream, (":status", "200"))
            for _ in range(16):
                peer.data(stream, b"d" * 16000)
                sent.append(16000)

    server = proxy(handler)
    clients = []
    for _ in range(8):
        client = H2(server.web, receive_buffer=4096)
        client.open(HOST, "/rest")
        clients.append(client)
    wait_until(lambda: len(sent) == 8 * 16, "every stream's window filled")
    assert wire.fetch(server.web, HOST, "/quick").body == b"quick"
    for client in clients:
        client.socket.close()


def test_silence_is_answered_by_a_ping_and_its_lack_by_504(proxy):
    def handler(peer):
        peer.answers_pings = False
        while True:
            peer.read()

    transport = {"forwardingTimeouts": {"readIdleTimeout": "300ms", "pingTimeout": "300ms"}}
    server = proxy(handler, transport)
    begin = time.monotonic()
    assert wire.fetch(server.web, HOST).status == 504
    assert time.monotonic() - begin < 10


def test_pings_keep_a_quiet_connection(proxy):
    pings = []

    def handler(peer):
        stream = peer.request()
        begin = time.monotonic()
        while peer.pings < 3 and time.monotonic() - begin < 10:
            peer.read()
        pings.append(peer.pings)
        peer.answer(stream, b"patience")
        peer.request()

    server = proxy(handler, {"forwardingTimeouts": {"readIdleTimeout": "100ms", "pingTimeout": "5s"}})
    assert wire.fetch(server.web, HOST).body == b"patience"
    assert pings == [3]


@pytest.mark.parametrize("client", ["h1", "h2"])
def test_h2_over_tls_is_agreed_by_alpn(proxy, client, tmp_path):
    pair = make_pair(tmp_path)
    server = proxy(transport={"insecureSkipVerify": True}, pair=pair)
    if client == "h1":
        assert wire.fetch(server.web, HOST, "/t").body == b"GET /t\n"
    else:
        with H2(server.web) as connection:
            assert connection.get(HOST, "/t")[2] == b"GET /t\n"
    assert dict(server.origin.requests[0])[":scheme"] == "https"


def make_pair(folder):
    import subprocess
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem",
                    "-out", "c.pem", "-days", "3", "-subj", "/CN=x"], cwd=folder, check=True, capture_output=True)
    return str(folder / "c.pem"), str(folder / "k.pem")


def attack(*parts):
    """An upstream that answers the first request with these bytes (a callable gets the stream)."""
    def handler(peer):
        stream = peer.request()
        for part in parts:
            peer.send(part(stream) if callable(part) else part)
        while True:
            peer.read()
    return handler


def many_fields(count, size=1):
    return b"".join(literal(f"x-{i}", "v" * size) for i in range(count))


STATUS = literal(":status", "200")


@pytest.mark.parametrize("name, handler", [
    ("too many fields", attack(lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, STATUS + many_fields(400)))),
    ("a head that is too large", attack(lambda s: frame(HEADERS, 0, s, STATUS + many_fields(2, 7000)),
                                        *[lambda s, i=i: frame(CONTINUATION, END_HEADERS if i == 7 else 0, s, many_fields(2, 8000))
                                          for i in range(8)])),
    ("a flood of CONTINUATION", attack(lambda s: frame(HEADERS, 0, s, STATUS),
                                       *[lambda s: frame(CONTINUATION, 0, s, literal("x", "y" * 100))] * 200)),
    ("an HPACK bomb", attack(lambda s: frame(HEADERS, 0, s, STATUS + b"\x40" + literal("x", "y" * 3000)[1:] + b"\xbe" * 12000),
                             *[lambda s: frame(CONTINUATION, 0, s, b"\xbe" * 16000)] * 5)),
    ("no status", attack(lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, literal("x", "y")))),
    ("an upper-case name", attack(lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, STATUS + literal("X-Y", "y")))),
    ("a line break in a value", attack(lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, STATUS + literal("x", "a\r\nb: c")))),
    ("transfer-encoding", attack(lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, STATUS + literal("transfer-encoding", "chunked")))),
    ("endless interim answers", attack(*[lambda s: frame(HEADERS, END_HEADERS, s, literal(":status", "100"))] * 50)),
    ("an upgrade", attack(lambda s: frame(HEADERS, END_HEADERS, s, literal(":status", "101")))),
    ("DATA before the head", attack(lambda s: frame(DATA, 0, s, b"x"))),
    ("a push", attack(lambda s: frame(5, END_HEADERS, s, struct.pack(">I", 2) + literal(":method", "GET")))),
    ("a frame that is too large", attack(lambda s: frame(DATA, 0, s, b"x" * 20000))),
    ("HTTP/1.1", attack(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("a flood of SETTINGS", attack(frame(SETTINGS, 0, 0, b"") * 5000)),
    ("a flood of PING", attack(frame(PING, 0, 0, b"12345678") * 20000)),
    ("a flood of empty DATA", attack(lambda s: frame(HEADERS, END_HEADERS, s, STATUS), lambda s: frame(DATA, 0, s) * 5000)),
])
def test_a_hostile_upstream_is_given_up_within_bounds(proxy, name, handler):
    server = proxy(handler)
    server.origin.settings = ()
    before = server.rss_kib()
    with wire.Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n")
        if name == "a flood of empty DATA":
            assert client.head().status == 200
            assert b"0\r\n\r\n" not in client.rest()
        else:
            assert client.answer().status == 502
    assert server.rss_kib() - before < 8 * 1024
    assert server.api("/ping", parse=False) == b"OK"


def test_content_length_is_held(proxy):
    def handler(peer):
        stream = peer.request()
        peer.headers(stream, (":status", "200"), ("content-length", "3"))
        peer.data(stream, b"four", end=True)
        peer.request()

    server = proxy(handler)
    with wire.Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        head = client.head()
        assert head.status == 502 or client.rest() != b"four"


def test_goaway_is_kept_to_and_the_next_request_dials(proxy):
    def handler(peer):
        peer.answer(peer.request(), b"ok")
        peer.go_away(1)
        with pytest.raises(EOFError):
            while True:
                peer.read()

    server = proxy(handler)
    for _ in range(3):
        assert wire.fetch(server.web, HOST).body == b"ok"
        time.sleep(0.05)
    assert server.origin.accepted == 3


def test_websockets_use_http_1_where_the_server_speaks_both(fairlead, origin):
    def handler(connection):
        wire.read_request(connection)
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi")

    server = fairlead(dynamic=dynamic(origin(handler).url.replace("http:", "h2c:")))
    with wire.Connection(server.web) as client:
        client.send(f"GET /chat HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert client.head().status == 101
        assert client.exactly(2) == b"hi"
