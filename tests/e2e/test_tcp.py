"""TCP routers, services and middlewares beside HTTP, over real sockets."""
import json
import pathlib
import signal
import socket
import ssl
import struct
import threading
import time
import urllib.request

import pytest

from fairlead import PATIENCE, free_port, wait_until
from test_tls import Authority

SSL_REQUEST = struct.pack("!II", 8, 80877103)
GSS_REQUEST = struct.pack("!II", 8, 80877104)


class Server:
    """A TCP server; `talk(connection)` runs on a thread for each connection."""

    def __init__(self, talk, port=0):
        self.talk = talk
        self.seen = 0
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.seen += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                connection.settimeout(PATIENCE)
                self.talk(connection)
        except OSError:
            pass

    def close(self):
        if self.socket.fileno() >= 0:
            self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def greet(name):
    def talk(connection):
        connection.sendall(name.encode() + b"\n")
        echo(connection)
    return talk


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def connect(port, **options):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, **options)


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def server():
    started = []

    def start(talk=echo, **options):
        started.append(Server(talk, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


class Plane:
    """A Fairlead with the entry point `main`."""

    def __init__(self, fairlead, tcp, http=None, tls=None, static=None, **options):
        self.port = free_port()
        self.dynamic = {"tcp": tcp}
        for router in tcp["routers"].values():
            router.setdefault("entryPoints", ["main"])
        if http:
            self.dynamic["http"] = http
        if tls:
            self.dynamic["tls"] = tls
        document = {"entryPoints": {"main": {"address": f"127.0.0.1:{self.port}"}}, "metrics": {"prometheus": {}}, **(static or {})}
        self.fairlead = fairlead(dynamic=self.dynamic, static=document, **options)

    def publish(self):
        version = self.fairlead.api("/api/overview")
        self.fairlead.write_dynamic(self.dynamic)
        return version

    def connect(self):
        return connect(self.port)

    def secure(self, name, protocols=()):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context.wrap_socket(self.connect(), server_hostname=name)

    def metrics(self):
        return self.fairlead.api("/metrics", parse=False).decode()


def one_service(*addresses, rule="HostSNI(`*`)", router=None, **balancer):
    return {"routers": {"r": {"rule": rule, "service": "s", **(router or {})}},
            "services": {"s": {"loadBalancer": {"servers": [{"address": a} for a in addresses], **balancer}}}}


def test_a_server_that_speaks_first_is_heard_at_once(fairlead, server):
    plane = Plane(fairlead, one_service(server(greet("welcome")).address))
    with plane.connect() as client:
        assert read_exactly(client, 8) == b"welcome\n"
        client.sendall(b"GET / is no HTTP here")
        assert read_exactly(client, 21) == b"GET / is no HTTP here"
        assert 'traefik_open_connections{entrypoint="main",protocol="TCP"} 1' in plane.metrics()
    wait_until(lambda: 'traefik_open_connections{entrypoint="main",protocol="TCP"} 0' in plane.metrics(), "the connection is gone")


def test_a_client_that_half_closes_gets_its_answer(fairlead, server):
    def count(connection):
        size = len(read_all(connection))
        connection.sendall(str(size).encode())

    plane = Plane(fairlead, one_service(server(count).address, serversTransport="patient") | {
        "serversTransports": {"patient": {"terminationDelay": "5s"}}})
    with plane.connect() as client:
        payload = b"x" * 3_000_000
        client.sendall(payload)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"3000000"


def test_bulk_arrives_whole_both_ways(fairlead, server):
    plane = Plane(fairlead, one_service(server().address))
    payload = bytes(range(256)) * 40_000
    with plane.connect() as client:
        sender = threading.Thread(target=client.sendall, args=(payload,))
        sender.start()
        assert read_exactly(client, len(payload)) == payload
        sender.join()


def test_the_termination_delay_ends_a_silent_half(fairlead, server):
    plane = Plane(fairlead, one_service(server(lambda c: (read_all(c), time.sleep(PATIENCE))).address))
    with plane.connect() as client:
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        begin = time.monotonic()
        assert read_all(client) == b""
        assert 0.09 < time.monotonic() - begin < 5


def test_servers_take_turns_and_a_dead_one_is_passed_over(fairlead, server):
    a, b = server(greet("a")), server(greet("b"))
    dead = server()
    dead.close()
    plane = Plane(fairlead, one_service(a.address, dead.address, b.address))
    names = []
    for _ in range(20):
        with plane.connect() as client:
            names.append(read_exactly(client, 2))
    assert set(names) == {b"a\n", b"b\n"}
    assert abs(a.seen - b.seen) <= 10


def test_weights_are_kept_exactly(fairlead, server):
    a, b = server(greet("a")), server(greet("b"))
    tcp = {"routers": {"r": {"rule": "HostSNI(`*`)", "service": "both"}},
           "services": {"both": {"weighted": {"services": [{"name": "a", "weight": 3}, {"name": "b"}]}},
                        "a": {"loadBalancer": {"servers": [{"address": a.address}]}},
                        "b": {"loadBalancer": {"servers": [{"address": b.address}]}}}}
    plane = Plane(fairlead, tcp, workers=2)
    for _ in range(40):
        with plane.connect() as client:
            read_exactly(client, 2)
    assert (a.seen, b.seen) == (30, 10)


def secure_server(server, authority, name):
    pair = authority.make(name, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair["certFile"], pair["keyFile"])

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(name.encode() + b"\n")
            echo(secured)

    return server(talk)


def subject(client):
    return ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True))


def test_tls_is_passed_through_ended_or_https_by_name_on_one_port(fairlead, server, origin, authority):
    passed = secure_server(server, authority, "passed.example")
    clear = server(greet("clear"))
    certificate = authority.make("edge", "edge.example", "db.example")
    tcp = {"routers": {"p": {"rule": "HostSNI(`passed.example`)", "service": "p", "tls": {"passthrough": True}},
                       "d": {"rule": "HostSNI(`db.example`)", "service": "c", "tls": {}}},
           "services": {"p": {"loadBalancer": {"servers": [{"address": passed.address}]}},
                        "c": {"loadBalancer": {"servers": [{"address": clear.address}]}}}}
    http = {"routers": {"w": {"rule": "Host(`web.example`)", "service": "w", "tls": {}, "entryPoints": ["main"]},
                        "h": {"rule": "Host(`web.example`)", "service": "w", "entryPoints": ["main"]}},
            "services": {"w": {"loadBalancer": {"servers": [{"url": origin().url}]}}}}
    plane = Plane(fairlead, tcp, http=http, tls={"certificates": [certificate]})
    with plane.secure("passed.example") as client:
        assert read_exactly(client, 15) == b"passed.example\n"
        assert subject(client) == pathlib.Path(authority.folder, "passed.example.crt").read_text()
        client.sendall(b"ping")
        assert read_exactly(client, 4) == b"ping"
    with plane.secure("db.example") as client:
        assert read_exactly(client, 6) == b"clear\n"
        assert subject(client) == pathlib.Path(authority.folder, "edge.crt").read_text()
    with plane.secure("web.example") as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 200 ")
    with plane.secure("web.example", protocols=["h2"]) as client:
        assert client.selected_alpn_protocol() == "h2"
    with plane.secure("other.example") as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 404 ")
    with plane.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 200 ")


def test_a_hello_in_single_bytes_is_routed(fairlead, server, authority):
    passed = secure_server(server, authority, "slow.example")
    plane = Plane(fairlead, one_service(passed.address, rule="HostSNI(`slow.example`)", router={"tls": {"passthrough": True}}))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tls = context.wrap_bio(incoming, outgoing, server_hostname="slow.example")
    with plane.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    client.sendall(bytes([byte]))
                incoming.write(client.recv(65536))
        client.sendall(outgoing.read())
        assert tls.version() is not None


def test_a_protocol_of_alpn_decides(fairlead, server, authority):
    plain, mqtt = server(greet("plain")), server(greet("mqtt"))
    tcp = {"routers": {"m": {"rule": "HostSNI(`*`) && ALPN(`mqtt`)", "service": "m", "tls": {}},
                       "p": {"rule": "HostSNI(`*`)", "service": "p", "tls": {}}},
           "services": {"m": {"loadBalancer": {"servers": [{"address": mqtt.address}]}},
                        "p": {"loadBalancer": {"servers": [{"address": plain.address}]}}}}
    plane = Plane(fairlead, tcp, tls={"certificates": [authority.make("any", "any.example")],
                                      "options": {"default": {"alpnProtocols": ["mqtt", "http/1.1"]}}})
    with plane.secure("any.example", protocols=["mqtt"]) as client:
        assert read_exactly(client, 5) == b"mqtt\n"
    with plane.secure("any.example") as client:
        assert read_exactly(client, 6) == b"plain\n"


def postgres(authority, name):
    """Speaks as much of PostgreSQL's protocol as its TLS needs."""
    pair = authority.make(name, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair["certFile"], pair["keyFile"])

    def talk(connection):
        first = read_exactly(connection, 8)
        if first == SSL_REQUEST:
            connection.sendall(b"S")
            connection = context.wrap_socket(connection, server_side=True)
            first = read_exactly(connection, 8)
        connection.sendall(b"R" + first)
        read_all(connection)

    return talk


def start_postgres_tls(client, name):
    assert client.recv(1) == b"S"
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(client, server_hostname=name)


@pytest.mark.parametrize("passthrough", [True, False])
@pytest.mark.parametrize("asks_gss", [True, False])
def test_postgres_is_routed_by_name(fairlead, server, authority, passthrough, asks_gss):
    database = server(postgres(authority, "db.example"))
    plane = Plane(fairlead, one_service(database.address, rule="HostSNI(`db.example`)", router={"tls": {"passthrough": passthrough}}),
                  tls={"certificates": [authority.make("edge", "db.example")]})
    startup = struct.pack("!II", 8, 196608)
    with plane.connect() as client:
        if asks_gss:
            client.sendall(GSS_REQUEST)
            assert client.recv(1) == b"N"
        client.sendall(SSL_REQUEST)
        with start_postgres_tls(client, "db.example") as secured:
            issuer = "db.example.crt" if passthrough else "edge.crt"
            assert subject(secured) == pathlib.Path(authority.folder, issuer).read_text()
            secured.sendall(startup)
            assert read_exactly(secured, 9) == b"R" + startup
    with plane.connect() as client:
        client.sendall(SSL_REQUEST)
        with pytest.raises(OSError):
            start_postgres_tls(client, "other.example")


def test_clients_outside_the_list_are_closed(fairlead, server):
    upstream = server(greet("in"))
    tcp = one_service(upstream.address, router={"middlewares": ["list"]})
    tcp["middlewares"] = {"list": {"ipAllowList": {"sourceRange": ["127.0.0.2/32"]}}}
    plane = Plane(fairlead, tcp)
    with plane.connect() as client:
        assert is_closed(client)
    with connect(plane.port, source_address=("127.0.0.2", 0)) as client:
        assert read_exactly(client, 3) == b"in\n"
    assert upstream.seen == 1


def test_connections_of_one_address_are_counted_over_all_workers(fairlead, server):
    tcp = one_service(server(greet("in")).address, router={"middlewares": ["few"]})
    tcp["middlewares"] = {"few": {"inFlightConn": {"amount": 5}}}
    plane = Plane(fairlead, tcp, workers=3)
    clients = [plane.connect() for _ in range(12)]
    answers = [read_exactly(client, 3) if not is_reset(client) else b"" for client in clients]
    assert sorted(answers).count(b"in\n") == 5
    for client in clients:
        client.close()

    def enters():
        with plane.connect() as client:
            return not is_reset(client) and read_exactly(client, 3) == b"in\n"

    wait_until(enters, "places are free again")


def is_reset(client):
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("version", [1, 2])
def test_the_server_is_told_the_client_in_a_proxy_header(fairlead, server, version):
    plane = Plane(fairlead, one_service(server().address, serversTransport="t") | {
        "serversTransports": {"t": {"proxyProtocol": {"version": version}}}})
    with plane.connect() as client:
        client.sendall(b"x")
        mine = client.getsockname()[1]
        if version == 1:
            line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {mine} {plane.port}\r\nx".encode()
            assert read_exactly(client, len(line)) == line
        else:
            expected = (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton("127.0.0.1") * 2 + struct.pack("!HH", mine, plane.port) + b"x")
            assert read_exactly(client, len(expected)) == expected


def test_a_tunnel_outlives_every_change_of_the_configuration(fairlead, server):
    a, b = server(greet("a")), server(greet("b"))
    plane = Plane(fairlead, one_service(a.address))
    with plane.connect() as client:
        assert read_exactly(client, 2) == b"a\n"
        plane.dynamic["tcp"] = one_service(b.address, router={"entryPoints": ["main"]})
        plane.publish()

        def is_moved():
            with plane.connect() as other:
                return read_exactly(other, 2) == b"b\n"

        wait_until(is_moved, "new connections go to b")
        client.sendall(b"still")
        assert read_exactly(client, 5) == b"still"
        plane.dynamic["tcp"] = {}
        plane.publish()
        wait_until(lambda: plane.fairlead.api("/api/tcp/routers") == [], "the router is gone")
        client.sendall(b"alive")
        assert read_exactly(client, 5) == b"alive"


def test_tls_towards_the_server_is_verified(fairlead, server, authority):
    inner = secure_server(server, authority, "inner.example")
    authority_file = str(pathlib.Path(authority.folder, "inner.example.crt"))
    tcp = {"routers": {"good": {"rule": "ClientIP(`127.0.0.1`)", "service": "good"}, "bad": {"rule": "HostSNI(`*`)", "service": "bad"}},
           "services": {name: {"loadBalancer": {"servers": [{"address": inner.address, "tls": True}], "serversTransport": name}}
                        for name in ("good", "bad")},
           "serversTransports": {"good": {"tls": {"serverName": "inner.example", "rootCAs": [authority_file]}},
                                 "bad": {"tls": {"serverName": "other.example", "rootCAs": [authority_file]}}}}
    plane = Plane(fairlead, tcp)
    with plane.connect() as client:
        assert read_exactly(client, 14) == b"inner.example\n"
        client.sendall(b"ping")
        assert read_exactly(client, 4) == b"ping"
    with connect(plane.port, source_address=("127.0.0.2", 0)) as client:
        assert is_closed(client)


def test_a_health_check_takes_servers_out_and_back(fairlead, server):
    port = free_port()

    def pong(connection):
        if read_exactly(connection, 4) == b"PING":
            connection.sendall(b"PONG")

    a, b = server(greet("a")), server(greet("b"))
    checks = {"healthCheck": {"port": port, "send": "PING", "expect": "PONG", "interval": "50ms", "timeout": "1s"}}
    plane = Plane(fairlead, one_service(a.address, **checks))

    def answer():
        with plane.connect() as client:
            return b"" if is_reset(client) else read_exactly(client, 2)

    wait_until(lambda: answer() == b"", "nobody is well")
    assert f'traefik_service_server_up{{service="s@file",url="{a.address}"}} 0' in plane.metrics()
    assert plane.fairlead.api("/api/tcp/services/s@file")["serverStatus"] == {a.address: "DOWN"}
    prober = server(pong, port=port)
    wait_until(lambda: answer() == b"a\n", "a is back")
    assert f'traefik_service_server_up{{service="s@file",url="{a.address}"}} 1' in plane.metrics()
    assert prober.seen > 0


def test_what_is_no_tcp_router_s_is_http(fairlead, server, origin):
    tcp = one_service(server(greet("net")).address, rule="ClientIP(`127.0.0.2`)")
    http = {"routers": {"w": {"rule": "PathPrefix(`/`)", "service": "w", "entryPoints": ["main"]}},
            "services": {"w": {"loadBalancer": {"servers": [{"url": origin().url}]}}}}
    plane = Plane(fairlead, tcp, http=http)
    with connect(plane.port, source_address=("127.0.0.2", 0)) as client:
        assert read_exactly(client, 4) == b"net\n"
    for piece in (1, 1000):
        with plane.connect() as client:
            request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            for at in range(0, len(request), piece):
                client.sendall(request[at:at + piece])
            assert read_all(client).startswith(b"HTTP/1.1 200 ")


def test_the_api_shows_tcp_objects_and_what_is_wrong_with_them(fairlead, server):
    tcp = one_service(server().address)
    tcp["routers"]["bad"] = {"rule": "HostSNI(`a.example`)", "service": "s"}
    tcp["routers"]["worse"] = {"rule": "HostSNI(`a.example`", "service": "s", "tls": {}}
    tcp["middlewares"] = {"old": {"ipWhiteList": {"sourceRange": ["10.0.0.0/8"]}}, "none": {"inFlightConn": {"amount": 0}}}
    plane = Plane(fairlead, tcp)
    routers = {r["name"]: r for r in plane.fairlead.api("/api/tcp/routers")}
    assert routers["r@file"]["status"] == "enabled" and routers["r@file"]["priority"] == -1
    assert routers["bad@file"]["status"] == "disabled" and "without TLS" in routers["bad@file"]["error"][0]
    assert routers["worse@file"]["status"] == "disabled"
    middlewares = {m["name"]: m for m in plane.fairlead.api("/api/tcp/middlewares")}
    assert middlewares["old@file"]["status"] == "warning" and middlewares["old@file"]["type"] == "ipwhitelist"
    assert middlewares["none@file"]["status"] == "disabled"
    service = plane.fairlead.api("/api/tcp/services/s@file")
    assert service["status"] == "enabled" and service["usedBy"]


def test_a_stop_leaves_tunnels_their_grace(fairlead, server):
    plane = Plane(fairlead, one_service(server(greet("in")).address))
    with plane.connect() as client:
        assert read_exactly(client, 3) == b"in\n"
        plane.fairlead.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in plane.fairlead.log(), "it stops")
        client.sendall(b"more")
        assert read_exactly(client, 4) == b"more"
    assert plane.fairlead.process.wait(PATIENCE) == 0


def test_a_reset_is_passed_on_as_one(fairlead, server):
    ends = []

    def watch(connection):
        try:
            while connection.recv(100):
                pass
            ends.append("end")
        except ConnectionResetError:
            ends.append("reset")

    plane = Plane(fairlead, one_service(server(watch).address))
    client = plane.connect()
    client.sendall(b"x")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    wait_until(lambda: ends, "the server hears of it")
    assert ends == ["reset"]
