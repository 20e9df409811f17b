"""Active health checks against real servers: who is asked what, who is in the rotation, and what is said about it."""
import socket
import threading

import h2.config
import h2.connection
import h2.events
import pytest

from fairlead import route, wait_until
from wire import fetch, read_request

HOST = "health.localhost"


class Checked:
    """An origin whose /health answers what it is told, and that remembers who asked."""

    def __init__(self, origin, name):
        self.status, self.asked, self.served = 200, [], 0

        def handler(client):
            while True:
                request = read_request(client)
                if request.target.startswith("/health"):
                    self.asked.append(request)
                    bare = "" if self.status == 204 else "Content-Length: 0\r\n"
                    client.send(f"HTTP/1.1 {self.status} x\r\n{bare}\r\n")
                else:
                    self.served += 1
                    client.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}")

        self.server = origin(handler)
        self.url = f"http://127.0.0.1:{self.server.port}"


def statuses(server):
    return server.api("/api/http/services/main@file")["serverStatus"]


@pytest.fixture
def two(origin):
    return Checked(origin, "first"), Checked(origin, "second")


def check(**keys):
    return {"path": "/health?full=1", "interval": "100ms", "timeout": "1s", **keys}


def test_first_verdict_comes_before_the_first_request(fairlead, two):
    first, second = two
    second.status = 503
    server = fairlead(dynamic=route(HOST, first.url, second.url, healthCheck=check(interval="60s")))
    assert {fetch(server.web, HOST).body for _ in range(10)} == {b"first"}
    assert second.served == 0
    assert statuses(server) == {first.url: "UP", second.url: "DOWN"}


def test_servers_leave_and_return_with_their_checks(fairlead, two):
    first, second = two
    server = fairlead(dynamic=route(HOST, first.url, second.url, healthCheck=check(headers={"X-Probe": "yes"}, hostname="inner")))
    wait_until(lambda: {fetch(server.web, HOST).body for _ in range(4)} == {b"first", b"second"}, "both")
    assert second.asked[0].target == "/health?full=1"
    assert second.asked[0].get("x-probe") == "yes" and second.asked[0].get("host") == "inner"
    second.status = 500
    wait_until(lambda: statuses(server)[second.url] == "DOWN", "the sick server to be out")
    assert {fetch(server.web, HOST).body for _ in range(10)} == {b"first"}
    second.status = 200
    wait_until(lambda: statuses(server)[second.url] == "UP", "the server to be back")
    wait_until(lambda: fetch(server.web, HOST).body == b"second", "a request to it")
    log = server.log()
    assert log.count("health check failed") == 1 and log.count("health check passed") == 1


def test_fall_and_rise_count_verdicts(fairlead, two):
    first, second = two
    server = fairlead(dynamic=route(HOST, first.url, second.url, healthCheck=check(fall=3, rise=2)))
    wait_until(lambda: second.asked, "a check")
    seen = len(second.asked)
    second.status = 404
    wait_until(lambda: statuses(server)[second.url] == "DOWN", "the verdict")
    assert len(second.asked) - seen >= 3
    seen = len(second.asked)
    second.status = 204
    wait_until(lambda: statuses(server)[second.url] == "UP", "the other verdict")
    assert len(second.asked) - seen >= 2


def test_verdicts_survive_a_change_elsewhere(fairlead, two):
    first, second = two
    second.status = 503
    dynamic = route(HOST, first.url, second.url, healthCheck=check(interval="60s"))
    server = fairlead(dynamic=dynamic)
    wait_until(lambda: statuses(server)[second.url] == "DOWN", "the verdict")
    dynamic["http"]["routers"]["other"] = {"rule": "Host(`other.localhost`)", "service": "main"}
    server.write_dynamic(dynamic)
    wait_until(lambda: server.api("/api/http/routers/other@file"), "the change")
    assert statuses(server)[second.url] == "DOWN"
    assert len(second.asked) == 1, "a check that did not change is not started again"


class GrpcServer:
    """Speaks HTTP/2 on clear text and grpc.health.v1: `serving` is the status of the answer."""

    def __init__(self):
        self.serving, self.paths = 1, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        h2c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        h2c.initiate_connection()
        client.sendall(h2c.data_to_send())
        while data := client.recv(65536):
            for event in h2c.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.paths.append(dict(event.headers)[b":path"])
                if isinstance(event, h2.events.StreamEnded):
                    h2c.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
                    h2c.send_data(event.stream_id, b"\0\0\0\0\2\x08" + bytes([self.serving]))
                    h2c.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
            client.sendall(h2c.data_to_send())


def test_grpc_servers_are_asked_in_their_own_language(fairlead, two):
    first, _ = two
    grpc = GrpcServer()
    url = f"h2c://127.0.0.1:{grpc.port}"
    server = fairlead(dynamic=route(HOST, url, healthCheck=check(mode="grpc")))
    wait_until(lambda: statuses(server)[url] == "UP" and grpc.paths, "the first verdict")
    assert set(grpc.paths) == {b"/grpc.health.v1.Health/Check"}
    grpc.serving = 2
    wait_until(lambda: statuses(server)[url] == "DOWN", "NOT_SERVING to be heard")
    grpc.serving = 1
    wait_until(lambda: statuses(server)[url] == "UP", "SERVING to be heard")
    grpc.listener.close()
