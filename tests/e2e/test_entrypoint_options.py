"""Every key of an entry point does what the configuration reference says of it."""
import socket
import ssl
import struct
import threading
import time

import pytest

import h2_client
from fairlead import free_port, merge, route, wait_until
from test_entrypoints import lines
from wire import Connection, fetch, read_request, reply

HOST = "a.example"


@pytest.fixture
def proxy(fairlead, origin):
    """proxy(entry_point, routers={name: {…}}, handler, middlewares, **static): "web" with these keys, and an echoing origin."""
    def start(entry_point=None, routers=None, handler=None, middlewares=None, **static):
        upstream = origin(handler)
        dynamic = route(HOST, upstream.url)
        for name, extra in (routers or {}).items():
            merge(dynamic["http"]["routers"], {name: {"service": "main", **extra}})
        if middlewares:
            dynamic["http"]["middlewares"] = middlewares
        merge(static, {"entryPoints": {"web": entry_point or {}}})
        server = fairlead(dynamic=dynamic, static=static)
        server.origin = upstream
        return server
    return start


def raw(server, request):
    with Connection(server.web) as client:
        client.send(request)
        return client.answer()


def echoed(server, **options):
    answer = fetch(server.web, HOST, **options)
    assert answer.status == 200, answer.raw
    return answer.body.decode("latin-1")


def test_routers_without_entry_points_are_on_the_default_ones(proxy):
    other = free_port()
    server = proxy({"asDefault": True}, routers={"named": {"rule": "Host(`b.example`)", "entryPoints": ["other"]}},
                   entryPoints={"other": {"address": f"127.0.0.1:{other}"}})
    assert fetch(server.web, HOST).status == 200 and fetch(other, HOST).status == 404
    assert fetch(other, "b.example").status == 200 and fetch(server.web, "b.example").status == 404


# ---- forwarded headers ----

def test_fields_that_connection_names_reach_the_middlewares_and_no_further(proxy):
    rule = {"rule": f"Host(`{HOST}`) && Header(`X-Kept`, `yes`)", "priority": 1000}
    server = proxy({"forwardedHeaders": {"connection": ["x-kept"]}}, routers={"kept": {**rule, "service": "noop@internal"}})
    asked = "Connection: X-Kept, X-Gone\r\nX-Kept: yes\r\nX-Gone: yes\r\n"
    assert fetch(server.web, HOST, headers=asked).status == 418
    text = echoed(server, headers=asked.replace("X-Kept: yes", "X-Kept: no"))
    assert "X-Kept" not in text and "X-Gone" not in text
    plain = proxy(routers={"kept": {**rule, "service": "noop@internal"}})
    assert fetch(plain.web, HOST, headers=asked).status == 200


@pytest.mark.parametrize("static", [{"entryPoints": {"web": {"forwardedHeaders": {"notAppendXForwardedFor": True}}}},
                                    {"global": {"notAppendXForwardedFor": True}}])
def test_the_clients_address_is_not_appended_where_it_shall_not_be(proxy, static):
    merge(static, {"entryPoints": {"web": {"forwardedHeaders": {"insecure": True}}}})
    server = proxy(static["entryPoints"]["web"], **{k: v for k, v in static.items() if k != "entryPoints"})
    assert "X-Forwarded-For: 192.0.2.7\r\n" in echoed(server, headers="X-Forwarded-For: 192.0.2.7\r\n")
    assert "X-Forwarded-For" not in echoed(server)


def test_scheme_headers_are_added_on_request(proxy):
    text = echoed(proxy({"forwardedHeaders": {"addXForwardedSchemeHeaders": True}}))
    assert "X-Forwarded-Scheme: http\r\n" in text and "X-Scheme: http\r\n" in text
    assert "Scheme" not in echoed(proxy())


def test_trusted_networks_alone_may_say_who_asked(proxy):
    said = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
    trusted = echoed(proxy({"forwardedHeaders": {"trustedIPs": ["127.0.0.0/8"]}}), headers=said)
    assert "X-Forwarded-For: 192.0.2.7, 127.0.0.1\r\n" in trusted and "X-Forwarded-Proto: https\r\n" in trusted
    stranger = echoed(proxy({"forwardedHeaders": {"trustedIPs": ["10.0.0.0/8"]}}), headers=said)
    assert "X-Forwarded-For: 127.0.0.1\r\n" in stranger and "X-Forwarded-Proto: http\r\n" in stranger


# ---- http ----

@pytest.mark.parametrize("redirect, method, status, location", [
    ({"to": ":8443"}, "GET", 301, "https://a.example:8443/x?y=1"),
    ({"to": ":443", "permanent": False}, "GET", 302, "https://a.example/x?y=1"),
    ({"to": "secure"}, "POST", 308, "https://a.example:9443/x?y=1"),
    ({"to": ":80", "scheme": "http", "permanent": False}, "POST", 307, "http://a.example/x?y=1"),
])
def test_an_entry_point_sends_its_clients_to_another(proxy, redirect, method, status, location):
    server = proxy({"http": {"redirections": {"entryPoint": redirect}}},
                   entryPoints={"secure": {"address": "127.0.0.1:9443"}})
    answer = raw(server, f"{method} /x?y=1 HTTP/1.1\r\nHost: {HOST}:{server.web}\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer["location"]) == (status, location)


def test_routers_above_a_redirections_priority_are_served(proxy):
    server = proxy({"http": {"redirections": {"entryPoint": {"to": ":443", "priority": 50}}}},
                   routers={"above": {"rule": "PathPrefix(`/above`)", "priority": 51},
                            "main": {"rule": "PathPrefix(`/`)", "priority": 49}})
    assert fetch(server.web, HOST, "/above").status == 200
    assert fetch(server.web, HOST, "/other").status == 301


def test_middlewares_of_an_entry_point_come_before_a_routers_own(proxy):
    server = proxy({"http": {"middlewares": ["first@file"]}}, routers={"main": {"middlewares": ["second"]}},
                   middlewares={"first": {"addPrefix": {"prefix": "/1"}}, "second": {"addPrefix": {"prefix": "/2"}}})
    assert echoed(server, path="/x").startswith("GET /2/1/x ")


def test_tls_of_an_entry_point_holds_for_routers_without_their_own(fairlead, origin, tmp_path):
    upstream = origin()
    dynamic = route(HOST, upstream.url)
    dynamic["tls"] = {"options": {"modern": {"minVersion": "VersionTLS13"}}}
    server = fairlead(dynamic=dynamic, static={"entryPoints": {"web": {"http": {"tls": {
        "options": "modern@file", "certResolver": "nobody", "domains": [{"main": HOST}]}}}}})
    versions = {}
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", server.web)) as plain, \
                    context.wrap_socket(plain, server_hostname=HOST) as secure:
                secure.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                versions[version] = secure.recv(12)
        except ssl.SSLError:
            versions[version] = None
    assert versions == {ssl.TLSVersion.TLSv1_2: None, ssl.TLSVersion.TLSv1_3: b"HTTP/1.1 200"}
    assert 'the certificate resolver \\"nobody\\" does not exist' in server.log() or "nobody" in server.log()


def test_names_whose_tls_options_are_missing_are_refused_in_the_handshake(fairlead, origin):
    upstream = origin()
    dynamic = route(HOST, upstream.url)
    dynamic["http"]["routers"]["main"]["tls"] = {"options": "gone"}
    dynamic["http"]["routers"]["other"] = {"rule": "Host(`b.example`)", "service": "main", "tls": {}}
    server = fairlead(dynamic=dynamic)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def ask(name):
        with socket.create_connection(("127.0.0.1", server.web)) as plain, \
                context.wrap_socket(plain, server_hostname=name) as secure:
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            return secure.recv(12)

    assert ask("b.example") == b"HTTP/1.1 200"
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        ask(HOST)
    assert 'TLS options object' in server.log() and "does not exist" in server.log()


ESCAPES = {"Slash": "%2F", "BackSlash": "%5C", "NullCharacter": "%00", "Semicolon": "%3B", "Percent": "%25",
           "QuestionMark": "%3F", "Hash": "%23"}


def test_escapes_are_refused_one_by_one(proxy):
    open_to_all = proxy()
    for escape in ESCAPES.values():
        assert f"GET /a{escape}b " in echoed(open_to_all, path=f"/a{escape}b")
    for name, escape in ESCAPES.items():
        server = proxy({"http": {"encodedCharacters": {f"allowEncoded{name}": False}}})
        for other in ESCAPES.values():
            assert fetch(server.web, HOST, f"/a{other}b").status == (400 if other == escape else 200), (name, other)
        assert fetch(server.web, HOST, f"/a{escape.lower()}b").status == 400
        server.stop()


def test_paths_are_made_plain_before_they_are_routed_or_left_as_they_are(proxy):
    routers = {"main": {"rule": "PathPrefix(`/`)"}, "inner": {"rule": "PathPrefix(`/inner`)", "service": "noop@internal"}}
    plain, kept = proxy(routers=routers), proxy({"http": {"sanitizePath": False}}, routers=routers)
    for path in ("/x/../inner", "//inner", "/./inner"):
        assert fetch(plain.web, HOST, path).status == 418
        assert fetch(kept.web, HOST, path).status == 200


def test_semicolons_of_a_query(proxy):
    assert "GET /?a=1&b=2 " in echoed(proxy(), path="/?a=1;b=2")
    assert "GET /?a=1%3Bb=2 " in echoed(proxy({"http": {"encodeQuerySemicolons": True}}), path="/?a=1;b=2")


def test_heads_above_the_limit_are_431(proxy):
    server = proxy({"http": {"maxHeaderBytes": 2000}})
    assert fetch(server.web, HOST, headers=f"X-A: {'a' * 1500}\r\n").status == 200
    assert fetch(server.web, HOST, headers=f"X-A: {'a' * 2100}\r\n").status == 431


@pytest.mark.parametrize("strategy, status, is_there", [("keep", 200, True), ("delete", 200, False), ("reject", 400, False)])
def test_names_with_underscores(proxy, strategy, status, is_there):
    server = proxy({"http": {"underscoreHeadersStrategy": strategy}})
    answer = fetch(server.web, HOST, headers="X_A: 1\r\n")
    assert answer.status == status and (b"X_A" in answer.body) == is_there


# ---- http2, http3 ----

def test_http2_limits_are_told_to_the_client(proxy):
    server = proxy({"http2": {"maxConcurrentStreams": 7, "maxDecoderHeaderTableSize": 1234}})
    with h2_client.H2(server.web) as client:
        settings = client.until(h2_client.SETTINGS).payload
    told = dict(struct.unpack(">HI", settings[at:at + 6]) for at in range(0, len(settings), 6))
    assert told[3] == 7 and told[1] == 1234


def test_http3_is_announced_as_not_served(proxy):
    server = proxy({"http3": {"advertisedPort": 443}})
    assert "HTTP/3 is not served yet" in server.log()
    assert "alt-svc" not in fetch(server.web, HOST)


# ---- observability ----

def test_what_is_logged_and_counted_is_the_routers_word_before_the_entry_points(proxy):
    server = proxy({"observability": {"accessLogs": False, "metrics": False}},
                   routers={"loud": {"rule": "PathPrefix(`/loud`)", "observability": {"accessLogs": True, "metrics": True}}},
                   accessLog={"format": "json", "filePath": "access.log"}, metrics={"prometheus": {"addRoutersLabels": True}})
    for path in ("/quiet", "/loud", "/quiet"):
        assert fetch(server.web, HOST, path).status == 200
    assert fetch(server.web, "unknown.example").status == 404
    seen = wait_until(lambda: lines(server), "a line")
    assert [line["RequestPath"] for line in seen] == ["/loud"]
    text = server.api("/metrics", parse=False).decode()
    assert 'traefik_router_requests_total{code="200",method="GET",protocol="http",router="loud@file"' in text
    assert 'router="main@file"' not in text
    assert 'traefik_entrypoint_requests_total{code="200",entrypoint="web"' not in text


# ---- transport ----

def test_a_whole_request_is_read_within_its_time_and_its_answer_may_last(proxy):
    def slow(connection):
        read_request(connection)
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        time.sleep(2.5)
        connection.send("world")
    server = proxy({"transport": {"respondingTimeouts": {"readTimeout": "1500ms"}}}, handler=slow)
    assert fetch(server.web, HOST).body == b"helloworld"
    with Connection(server.web) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n")
        begin, status = time.monotonic(), None

        def trickle():
            try:
                while status is None:
                    client.send("x" * 500)
                    time.sleep(0.1)
            except OSError:
                pass
        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        status = client.answer().status
        thread.join()
    assert status == 408 and 1 < time.monotonic() - begin < 10


def test_a_whole_answer_is_written_within_its_time(proxy):
    def endless(connection):
        read_request(connection)
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(200):
            connection.send("x" * 100)
            time.sleep(0.05)
    server = proxy({"transport": {"respondingTimeouts": {"writeTimeout": "1s"}}}, handler=endless)
    begin = time.monotonic()
    with pytest.raises(EOFError):
        fetch(server.web, HOST)
    assert 0.9 < time.monotonic() - begin < 8


def test_idle_connections_end(proxy):
    server = proxy({"transport": {"respondingTimeouts": {"idleTimeout": "500ms"}}})
    with Connection(server.web) as client:
        assert client.get(HOST).status == 200
        begin = time.monotonic()
        assert client.is_closed()
    assert time.monotonic() - begin > 0.4


@pytest.mark.parametrize("transport", [{"keepAliveMaxRequests": 3}, {"keepAliveMaxTime": "400ms"}])
def test_connections_are_not_kept_for_ever(proxy, transport):
    server = proxy({"transport": transport})
    with Connection(server.web) as client:
        count = 0
        while True:
            answer = client.get(HOST)
            count += 1
            if answer.get("connection", "").lower() == "close":
                break
            time.sleep(0.05)
        assert client.is_closed()
    assert count == 3 if "keepAliveMaxRequests" in transport else count > 1


def test_a_stop_goes_on_accepting_for_as_long_as_it_shall(proxy):
    server = proxy({"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "1500ms", "graceTimeOut": "1s"}}})
    server.process.terminate()
    wait_until(lambda: "stopping" in server.log(), "the stop")
    assert fetch(server.web, HOST).status == 200
    assert server.api("/ping", parse=False) is None  # 503: load balancers look elsewhere
    assert server.process.wait(20) == 0


def test_requests_longer_than_the_grace_are_cut_off(proxy):
    def never(connection):
        read_request(connection)
        time.sleep(30)
    server = proxy({"transport": {"lifeCycle": {"graceTimeOut": "500ms"}}}, handler=never)
    with Connection(server.web) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
        wait_until(lambda: server.origin.requests, "the request")
        begin = time.monotonic()
        assert server.stop() == 0
    assert time.monotonic() - begin < 8
    assert "requests were cut off when the grace time ended" in server.log()
