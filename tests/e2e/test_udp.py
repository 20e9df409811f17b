"""UDP routers and services over real sockets."""
import contextlib
import socket
import threading

import pytest

from fairlead import PATIENCE, free_port, wait_until


class Server:
    """A UDP server that answers every datagram by `answer(data)`; remembers from where they came."""

    def __init__(self, answer, family=socket.AF_INET):
        self.answer = answer
        self.peers = set()
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        host, port = self.socket.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while self.socket.fileno() >= 0:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            if peer is None:
                return
            self.peers.add(peer)
            for answer in self.answer(data):
                self.socket.sendto(answer, peer)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes recvfrom, and says that nobody is connected
        self.socket.close()


@pytest.fixture
def server():
    started = []

    def start(answer=lambda data: [data], **options):
        started.append(Server(answer, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def named(name):
    return lambda data: [name.encode() + b":" + data]


class Plane:
    def __init__(self, fairlead, udp, address="127.0.0.1:{}", timeout="3s", static=None, **options):
        self.port = free_port()
        self.dynamic = {"udp": udp}
        document = {"entryPoints": {"dns": {"address": address.format(self.port) + "/udp", "udp": {"timeout": timeout}}},
                    "metrics": {"prometheus": {}}, **(static or {})}
        self.fairlead = fairlead(dynamic=self.dynamic, static=document, **options)

    def publish(self):
        self.fairlead.write_dynamic(self.dynamic)

    def client(self, host="127.0.0.1"):
        client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(PATIENCE)
        client.connect((host, self.port))
        return client

    def sessions(self):
        for line in self.fairlead.api("/metrics", parse=False).decode().splitlines():
            if line.startswith('traefik_open_connections{entrypoint="dns",protocol="UDP"} '):
                return int(line.rsplit(" ", 1)[1])
        return None


def one_service(*addresses):
    return {"routers": {"r": {"service": "s"}}, "services": {"s": {"loadBalancer": {"servers": [{"address": a} for a in addresses]}}}}


def ask(client, data):
    client.send(data)
    return client.recv(65536)


def test_datagrams_go_and_come_back_whole(fairlead, server):
    echo = server()
    plane = Plane(fairlead, one_service(echo.address), workers=2)
    with plane.client() as client:
        for size in (0, 1, 1400, 9000, 65507):
            client.send(bytes(size % 251 for _ in range(size)))
            assert len(client.recv(65536)) == size
        assert ask(client, b"last") == b"last"
    assert len(echo.peers) == 1
    assert plane.sessions() == 1


def test_one_question_may_have_many_answers(fairlead, server):
    plane = Plane(fairlead, one_service(server(lambda data: [bytes([i]) for i in range(200)]).address))
    with plane.client() as client:
        client.send(b"all")
        assert [client.recv(10) for _ in range(200)] == [bytes([i]) for i in range(200)]


def test_every_client_has_a_session_and_servers_take_turns(fairlead, server):
    a, b = server(named("a")), server(named("b"))
    plane = Plane(fairlead, one_service(a.address, b.address), workers=2)
    clients = [plane.client() for _ in range(20)]
    first = [ask(client, b"1") for client in clients]
    assert sorted(first) == [b"a:1"] * 10 + [b"b:1"] * 10
    for _ in range(5):
        assert [ask(client, b"1") for client in clients] == first
    assert len(a.peers) == len(b.peers) == 10
    assert plane.sessions() == 20
    for client in clients:
        client.close()


def test_a_session_ends_when_nothing_passes(fairlead, server):
    echo = server()
    plane = Plane(fairlead, one_service(echo.address), timeout="200ms")
    with plane.client() as client:
        assert ask(client, b"x") == b"x"
        assert plane.sessions() == 1
        wait_until(lambda: plane.sessions() == 0, "the session ends")
        assert ask(client, b"y") == b"y"
    assert len(echo.peers) == 2


def test_weights_are_kept(fairlead, server):
    a, b = server(named("a")), server(named("b"))
    plane = Plane(fairlead, {"routers": {"r": {"service": "both"}},
                             "services": {"both": {"weighted": {"services": [{"name": "a", "weight": 3}, {"name": "b", "weight": 1}]}},
                                          "a": {"loadBalancer": {"servers": [{"address": a.address}]}},
                                          "b": {"loadBalancer": {"servers": [{"address": b.address}]}}}})
    for _ in range(40):
        with plane.client() as client:
            ask(client, b"1")
    assert (len(a.peers), len(b.peers)) == (30, 10)


def test_answers_leave_from_the_address_that_was_asked(fairlead, server):
    plane = Plane(fairlead, one_service(server().address), address=":{}")
    for host in ("127.0.0.1", "127.0.0.77", "::1"):
        with plane.client(host) as client:
            assert ask(client, host.encode()) == host.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        for host in ("127.0.0.5", "127.0.0.6"):
            client.sendto(b"x", (host, plane.port))
            assert client.recvfrom(10) == (b"x", (host, plane.port))


def test_servers_may_be_ipv6_or_names(fairlead, server):
    six, four = server(named("six"), family=socket.AF_INET6), server(named("four"))
    name = "localhost:" + four.address.rsplit(":", 1)[1]
    plane = Plane(fairlead, one_service(six.address, name))
    answers = set()
    for _ in range(2):
        with plane.client() as client:
            answers.add(ask(client, b"1"))
    assert answers == {b"six:1", b"four:1"}


def test_a_session_outlives_changes_that_keep_its_server(fairlead, server):
    a, b = server(named("a")), server(named("b"))
    plane = Plane(fairlead, one_service(a.address))
    with plane.client() as client:
        assert ask(client, b"1") == b"a:1"
        plane.dynamic["udp"] = one_service(b.address, a.address)
        plane.publish()
        wait_until(lambda: len(plane.fairlead.api("/api/udp/services/s@file")["loadBalancer"]["servers"]) == 2, "the change is in force")
        for _ in range(10):
            assert ask(client, b"2") == b"a:2"
        assert len(a.peers) == 1
        plane.dynamic["udp"] = one_service(b.address)
        plane.publish()
        wait_until(lambda: ask(client, b"3") == b"b:3", "the session moves with its server")


def test_sessions_are_bounded(fairlead, server):
    plane = Plane(fairlead, one_service(server().address), static={"limits": {"udpSessions": 5}}, timeout="60s")
    clients = [plane.client() for _ in range(5)]
    for client in clients:
        assert ask(client, b"x") == b"x"
    with plane.client() as late:
        late.send(b"x")
        wait_until(lambda: 'fairlead_refused_requests_total{reason="limit_reached"} 1' in plane.fairlead.api("/metrics", parse=False).decode(),
                   "the datagram is counted")
    for client in clients:
        assert ask(client, b"y") == b"y"
        client.close()
    assert plane.sessions() == 5


def test_a_server_without_listener_is_passed_over(fairlead, server):
    gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    gone.bind(("127.0.0.1", 0))
    dead = "127.0.0.1:%d" % gone.getsockname()[1]
    gone.close()
    a = server(named("a"))
    plane = Plane(fairlead, one_service(dead, a.address))

    def is_answered():
        with plane.client() as client:
            client.settimeout(0.2)
            for _ in range(5):
                client.send(b"1")
                try:
                    return client.recv(10) == b"a:1"
                except TimeoutError:
                    pass
            return False

    for _ in range(4):
        assert is_answered()


def test_the_greatest_of_several_routers_has_the_entry_point(fairlead, server):
    a, b = server(named("a")), server(named("b"))
    plane = Plane(fairlead, {"routers": {"x": {"service": "a"}, "y": {"service": "b"}},
                             "services": {"a": {"loadBalancer": {"servers": [{"address": a.address}]}},
                                          "b": {"loadBalancer": {"servers": [{"address": b.address}]}}}})
    with plane.client() as client:
        assert ask(client, b"1") == b"b:1"
    assert "UDP has no rules" in plane.fairlead.log()
    assert {r["name"] for r in plane.fairlead.api("/api/udp/routers")} == {"x@file", "y@file"}


def test_tcp_and_udp_share_a_port_number(fairlead, server, origin):
    port = free_port()
    web = origin()
    udp = one_service(server().address)
    process = fairlead(
        dynamic={"udp": udp, "http": {"routers": {"w": {"rule": "PathPrefix(`/`)", "service": "w", "entryPoints": ["t"]}},
                                      "services": {"w": {"loadBalancer": {"servers": [{"url": web.url}]}}}}},
        static={"entryPoints": {"t": {"address": f"127.0.0.1:{port}"}, "u": {"address": f"127.0.0.1:{port}/udp"}}})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", port))
        assert ask(client, b"x") == b"x"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    assert process.process.poll() is None
