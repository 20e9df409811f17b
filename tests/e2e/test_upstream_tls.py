"""Services behind TLS: what a serversTransport trusts, shows and refuses."""
import base64
import contextlib
import hashlib
import json
import pathlib
import socket
import ssl
import subprocess
import threading

import pytest

import wire
from fairlead import wait_until

HOST = "tls-upstream.test"


class Authority:
    """An authority in a folder, made with the openssl command."""

    def __init__(self, folder, name="authority"):
        self.folder, self.name = pathlib.Path(folder), name
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                 "-out", f"{name}.crt", "-days", "30", "-subj", f"/CN={name}")
        self.path = str(self.folder / f"{name}.crt")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, sans, days=30):
        """The paths of a certificate and its key."""
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=" + sans)
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                 "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey", f"{self.name}.key", "-CAcreateserial",
                 "-days", str(days), "-extfile", str(extensions), "-out", f"{name}.crt")
        return str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")


class TlsOrigin(wire.Origin):
    """An origin that speaks TLS. `sessions` lists for each handshake whether it was resumed."""

    def __init__(self, certificate, key, handler=None, client_authority=None, protocols=(), highest=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if protocols:
            self.context.set_alpn_protocols(list(protocols))
        if highest:
            self.context.maximum_version = highest
        if client_authority:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(client_authority)
        self.sessions, self.peers, self.names, self.failures = [], [], [], []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__(handler)
        self.url = f"https://127.0.0.1:{self.port}"

    def serve(self, connection):
        try:
            connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
        except (OSError, ssl.SSLError) as failure:
            self.failures.append(str(failure))
            return
        self.sessions.append(connection.socket.session_reused)
        self.peers.append(connection.socket.getpeercert())
        super().serve(connection)


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def tls_origin():
    started = []

    def start(pair, handler=None, **options):
        started.append(TlsOrigin(*pair, handler, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


def dynamic(url, transport=None):
    document = {"http": {
        "routers": {"r": {"rule": f"Host(`{HOST}`)", "service": "s"}},
        "services": {"s": {"loadBalancer": {"servers": [{"url": url}]}}},
    }}
    if transport is not None:
        document["http"]["services"]["s"]["loadBalancer"]["serversTransport"] = "t"
        document["http"]["serversTransports"] = {"t": transport}
    return document


@pytest.fixture
def front(fairlead):
    """A Fairlead whose one service is at a URL, reached by a serversTransport."""

    def start(url, transport=None, static=None):
        server = fairlead(dynamic=dynamic(url, transport), static={"accessLog": {"format": "json"}, **(static or {})})

        def get(path="/", **options):
            return wire.fetch(server.web, HOST, path, **options)

        def errors():
            lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
            return [line["Error"] for line in lines if "Error" in line]

        server.get, server.errors = get, errors
        return server

    return start


def test_a_server_is_verified_by_address_against_root_cas(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, {"rootCAs": [authority.path]})
    answer = server.get("/hello")
    assert answer.status == 200 and b"GET /hello HTTP/1.1" in answer.body
    assert origin.names == [None]  # no server name for a number (RFC 6066)


def test_a_server_is_verified_by_name_and_asked_with_it(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "DNS:localhost"))
    server = front(f"https://localhost:{origin.port}", {"rootCAs": [pathlib.Path(authority.path).read_text()]})
    assert server.get().status == 200
    assert origin.names == ["localhost"]


@pytest.mark.parametrize("sans, transport, code", [
    ("IP:127.0.0.1", {}, "tls_upstream_authority"),
    ("IP:127.0.0.2", {"rootCAs": "CA"}, "tls_upstream_name"),
    ("DNS:other.test", {"rootCAs": "CA", "serverName": "wanted.test"}, "tls_upstream_name"),
    ("DNS:x.test,URI:spiffe://a/b", {"rootCAs": "CA", "peerCertURI": "spiffe://a/c"}, "tls_upstream_name"),
    ("IP:127.0.0.1", {"rootCAs": "CA", "peerCertSANs": [{"type": "DNSName", "value": "x.test"}]}, "tls_upstream_name"),
])
def test_a_server_that_is_not_who_it_should_be_is_502_with_the_reason(front, tls_origin, authority, sans, transport, code):
    origin = tls_origin(authority.issue("server", sans))
    server = front(origin.url, with_authority(transport, authority))
    assert server.get().status == 502
    wait_until(lambda: server.errors() == [code], f"{code} in {server.log()}")
    assert origin.requests == []


@pytest.mark.parametrize("sans, transport", [
    ("DNS:other.test", {"insecureSkipVerify": True}),
    ("DNS:wanted.test", {"rootCAs": "CA", "serverName": "wanted.test"}),
    ("DNS:*.wild.test", {"rootCAs": "CA", "serverName": "a.wild.test"}),
    ("URI:spiffe://a/b", {"rootCAs": "CA", "peerCertURI": "spiffe://a/b"}),
    ("DNS:x.test", {"rootCAs": "CA", "peerCertSANs": [{"type": "URI", "value": "spiffe://n"}, {"type": "DNSName", "value": "x.test"}]}),
    ("IP:127.0.0.1", {"rootCAs": "CA", "minVersion": "VersionTLS12", "maxVersion": "VersionTLS12",
                      "cipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]}),
])
def test_what_a_transport_allows_is_served(front, tls_origin, authority, sans, transport):
    origin = tls_origin(authority.issue("server", sans))
    server = front(origin.url, with_authority(transport, authority))
    assert server.get().status == 200, server.log()


def with_authority(transport, authority):
    return {**transport, **({"rootCAs": [authority.path]} if "rootCAs" in transport else {})}


def test_an_expired_certificate_is_refused(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1", days=-1))
    server = front(origin.url, {"rootCAs": [authority.path]})
    assert server.get().status == 502
    wait_until(lambda: server.errors() == ["tls_upstream_expired"], server.log())


def test_the_static_transport_holds_for_services_without_one(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, static={"serversTransport": {"rootCAs": [authority.path]}})
    assert server.get().status == 200


def test_client_certificates_are_shown(front, tls_origin, authority):
    pair = authority.issue("client", "DNS:client.test")
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"), client_authority=authority.path)
    transport = {"rootCAs": [authority.path], "certificates": [{"certFile": pair[0], "keyFile": pair[1]}]}
    server = front(origin.url, transport)
    assert server.get().status == 200
    assert origin.peers[0]["subjectAltName"] == (("DNS", "client.test"),)
    server.write_dynamic(dynamic(origin.url, {"rootCAs": [authority.path]}))
    wait_until(lambda: server.get().status == 502, "the connection of the old transport is not used any more")


@pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(front, tls_origin, authority, highest):
    def one_each(connection):
        wire.read_request(connection)
        connection.send(wire.reply(b"ok", headers="Connection: close\r\n"))
        connection.socket.unwrap()

    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"), one_each, highest=highest)
    server = front(origin.url, {"rootCAs": [authority.path]})
    for _ in range(3):
        assert server.get().body == b"ok"
    assert origin.sessions == [False, True, True]


def test_connections_are_kept_and_dropped_with_their_transport(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, {"rootCAs": [authority.path]})
    for _ in range(5):
        assert server.get().status == 200
    assert len(origin.sessions) == 1
    server.write_dynamic(dynamic(origin.url, {"rootCAs": [authority.path], "serverName": "nobody.test"}))
    wait_until(lambda: server.get().status == 502, "the new name is asked for")
    server.write_dynamic(dynamic(origin.url, {"insecureSkipVerify": True}))
    wait_until(lambda: server.get().status == 200, "served again")


def test_a_renewed_authority_file_is_read_again(front, tls_origin, authority, tmp_path):
    file = tmp_path / "roots.pem"
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "other")
    file.write_text(pathlib.Path(other.path).read_text())
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, {"rootCAs": [str(file)]})
    assert server.get().status == 502
    file.write_text(pathlib.Path(authority.path).read_text())
    wait_until(lambda: server.get().status == 200, "the file is noticed", timeout=20)


@pytest.mark.parametrize("transport, words", [
    ({"rootCAs": ["/no/such/file.pem"]}, "rootCAs: /no/such/file.pem cannot be read"),
    ({"spiffe": {"ids": ["spiffe://a/b"]}}, "not served"),
    ({"minVersion": "VersionTLS9"}, "no TLS version"),
    ({"cipherSuites": ["TLS_NOTHING"]}, "no cipher suite"),
    ({"peerCertSANs": [{"type": "Email", "value": "a"}]}, "peerCertSANs"),
])
def test_a_broken_transport_is_reported_and_answers_500(front, tls_origin, authority, transport, words):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, transport)
    assert server.get().status == 500
    assert words in server.log()


def test_a_server_that_does_not_speak_tls_is_502(front, origin):
    plain = origin(lambda connection: connection.send(wire.reply(b"", "400 Bad Request")))
    server = front(f"https://127.0.0.1:{plain.port}", {"insecureSkipVerify": True})
    assert server.get().status == 502


def test_bodies_pass_both_ways(front, tls_origin, authority):
    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"))
    server = front(origin.url, {"rootCAs": [authority.path]})
    body = bytes(range(256)) * 16384
    answer = server.get("/", method="POST", headers=f"Content-Length: {len(body)}\r\n", body=body)
    assert answer.status == 200 and answer.body.endswith(body)


def test_websockets_pass_through_tls(front, tls_origin, authority):
    def handler(connection):
        request = wire.read_request(connection)
        key = request["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        connection.send(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n")
        connection.send(connection.exactly(7)[::-1])

    origin = tls_origin(authority.issue("server", "IP:127.0.0.1"), handler, protocols=["h2", "http/1.1"])
    server = front(origin.url, {"rootCAs": [authority.path]})
    with wire.Connection(server.web) as client:
        client.send(f"GET /chat HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert client.head().status == 101
        client.send(b"abcdefg")
        assert client.exactly(7) == b"gfedcba"


def test_a_unix_socket_is_an_upstream(front, tmp_path):
    path = tmp_path / "app.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve():
        peer, _ = listener.accept()
        connection = wire.Connection.__new__(wire.Connection)
        connection.socket, connection.buffer, connection.origin = peer, b"", origin
        with contextlib.suppress(EOFError), connection:
            wire.echo(connection)

    class origin:  # what read_request() files requests under
        requests = []

    threading.Thread(target=serve, daemon=True).start()
    server = front(f"unix://{path}")
    assert server.get("/a").status == 200 and server.get("/b").status == 200
    assert [request.target for request in origin.requests] == ["/a", "/b"]
    listener.close()
