"""Middlewares that have to be right on the wire: streams, limits over all workers, authentication, pages."""
import collections
import concurrent.futures
import threading
import zlib

import pytest

from fairlead import route
from h2_client import DATA, H2
from wire import Connection, fetch, read_request, reply

HOST = "a.example"
TEXT = b"".join(b"line %d of what the upstream says\n" % n for n in range(3000))


@pytest.fixture
def proxy(fairlead, origin):
    """proxy(middleware, handler) is a Fairlead with one middleware in front of one origin: (fairlead, origin)."""
    def start(middleware, handler=None, services=None, workers=1):
        upstream = origin(handler)
        dynamic = route(HOST, upstream.url)
        dynamic["http"]["routers"]["main"]["middlewares"] = ["m"]
        dynamic["http"]["middlewares"] = {"m": middleware}
        dynamic["http"]["services"].update(services or {})
        return fairlead(dynamic=dynamic, workers=workers), upstream
    return start


def always(answer):
    def handler(connection):
        while True:
            read_request(connection)
            connection.send(answer)
    return handler


def in_two_parts(more, kind="text/plain"):
    """A handler that sends a first part, and the second when `more` is set."""
    def handler(connection):
        read_request(connection)
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert more.wait(20)
        connection.send("6\r\nsecond\r\n0\r\n\r\n")
    return handler


def test_compressed_answer_is_flushed_as_the_origin_flushes(proxy):
    more = threading.Event()
    server, _ = proxy({"compress": {}}, in_two_parts(more))
    decoder = zlib.decompressobj(31)
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n")
        head = client.head()
        assert head["content-encoding"] == "gzip" and head["transfer-encoding"] == "chunked"
        text = b""
        while text != b"first":
            size = int(client.until(b"\r\n"), 16)
            text += decoder.decompress(client.exactly(size))
            assert client.exactly(2) == b"\r\n"
        more.set()
        body, _ = client.chunked()
        assert decoder.decompress(body) == b"second" and decoder.eof


def test_compressed_answer_is_flushed_over_http2(proxy):
    more = threading.Event()
    server, _ = proxy({"compress": {}}, in_two_parts(more))
    decoder = zlib.decompressobj(31)
    with H2(server.web) as client:
        stream = client.open(HOST, fields=[("accept-encoding", "gzip")])
        text = b""
        while text != b"first":
            text += decoder.decompress(client.until(DATA, stream).payload)
        more.set()
        while text != b"firstsecond":
            text += decoder.decompress(client.until(DATA, stream).payload)


def test_events_are_not_compressed(proxy):
    more = threading.Event()
    server, _ = proxy({"compress": {}}, in_two_parts(more, "text/event-stream"))
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n")
        assert "content-encoding" not in client.head()
        client.until(b"first")
        more.set()
        client.until(b"second")


def test_client_without_http11_gets_its_compressed_answer_by_close(proxy):
    server, _ = proxy({"compress": {}}, always(reply(TEXT)))
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.0\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n")
        answer = client.answer()
    assert "transfer-encoding" not in answer and zlib.decompress(answer.body, 31) == TEXT


def statuses(port, count):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda _: fetch(port, HOST).status, range(count))
        return collections.Counter(answers)


def test_rate_limit_is_exact_over_all_workers(proxy):
    server, upstream = proxy({"rateLimit": {"average": 1, "period": "1h", "burst": 20}}, always(reply(b"x")),
                             workers=4)
    assert statuses(server.web, 100) == {200: 20, 429: 80}
    assert len(upstream.requests) == 20


def test_requests_in_flight_are_exact_over_all_workers(proxy):
    may_answer = threading.Event()

    def handler(connection):
        read_request(connection)
        assert may_answer.wait(30)
        connection.send(reply(b"x"))

    server, _ = proxy({"inFlightReq": {"amount": 5}}, handler, workers=4)
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(fetch, server.web, HOST, timeout=40) for _ in range(30)]
        refused = done = 0
        for one in concurrent.futures.as_completed(waiting):
            refused += one.result().status == 429
            done += 1
            if done == 25:
                may_answer.set()
    assert refused == 25
    assert statuses(server.web, 5)[200] >= 1


def test_error_page_over_http2(proxy, origin):
    pages = origin(always(reply(b"sorry", headers="Content-Type: text/html\r\n")))
    server, _ = proxy({"errors": {"status": ["500-599"], "service": "pages", "query": "/{status}"}},
                      always(reply(b"down", "503 No")),
                      services={"pages": {"loadBalancer": {"servers": [{"url": pages.url}]}}})
    with H2(server.web) as client:
        status, fields, body, _ = client.get(HOST)
    assert (status, fields["content-type"], body) == (503, "text/html", b"sorry")
    assert pages.requests[0].target == "/503"


def test_forward_auth_decides_while_uploads_wait(proxy, origin):
    def judge(connection):
        while True:
            request = read_request(connection)
            good = request.get("authorization") == "yes"
            connection.send(reply(b"", "204 No Content" if good else "401 Unauthorized"))

    auth = origin(judge)
    server, upstream = proxy({"forwardAuth": {"address": auth.url + "/check"}})
    body = b"u" * 300000
    headers = f"Content-Length: {len(body)}\r\n"
    assert fetch(server.web, HOST, method="POST", headers=headers + "Authorization: yes\r\n", body=body).status == 200
    assert upstream.requests[0].body == body
    assert fetch(server.web, HOST).status == 401
    assert len(upstream.requests) == 1
    assert auth.requests[0]["x-forwarded-method"] == "POST" and auth.requests[0].body == b""


def test_buffering_holds_more_than_its_memory(proxy):
    server, upstream = proxy({"buffering": {"memRequestBodyBytes": 65536, "memResponseBodyBytes": 65536}},
                             lambda connection: connection.send(reply(read_request(connection).body)))
    body = TEXT * 40
    answer = fetch(server.web, HOST, method="POST", headers=f"Content-Length: {len(body)}\r\n", body=body)
    assert answer.body == body and upstream.requests[0].body == body


def test_retry_with_an_upload_that_goes_on(proxy):
    tries = []

    def handler(connection):
        head = connection.head()
        tries.append(head)
        if len(tries) < 3:
            connection.send(reply(b"", "503 No", "Connection: close\r\n"))
            return
        body = connection.exactly(int(head["content-length"]))
        connection.send(reply(body))

    server, _ = proxy({"retry": {"attempts": 3, "status": ["503"]}}, handler)
    body = b"0123456789" * 10000
    with Connection(server.web) as client:
        client.send(f"PUT / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:50000])
        client.send(body[50000:])
        answer = client.answer()
    assert answer.status == 200 and answer.body == body and len(tries) == 3
