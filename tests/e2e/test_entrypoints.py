"""Entry points: who is in front, where clients come in, and what holds for all of their routes."""
import json
import socket
import stat
import struct
import subprocess
import sys

import pytest

from fairlead import BINARY, free_port, route, wait_until
from wire import Connection, fetch, read_request, reply

HOST = "a.example"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.fixture
def proxy(fairlead, origin):
    """proxy(entry_point, …): a Fairlead whose entry point "web" has these keys, in front of an echoing origin."""
    def start(entry_point=None, dynamic=None, **static):
        upstream = origin()
        static["entryPoints"] = {"web": entry_point or {}, **static.get("entryPoints", {})}
        return fairlead(dynamic=dynamic or route(HOST, upstream.url), static=static)
    return start


def v2(source, destination, source_port, destination_port, rest=b""):
    body = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", source_port, destination_port) + rest
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(body)) + body


def lines(server, name="access.log"):
    path = server.folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def seen(server, begin, request=b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"):
    """What the origin got when a connection begins with these bytes; b"" when it was closed."""
    with Connection(server.web) as client:
        client.send(begin + request)
        try:
            return client.answer().body
        except (EOFError, ConnectionResetError):
            return b""


# ---- PROXY protocol ----

@pytest.mark.parametrize("begin", [
    b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 80\r\n",
    v2("203.0.113.7", "192.0.2.1", 40000, 80),
    v2("203.0.113.7", "192.0.2.1", 40000, 80, b"\x04\x01\x00" + b"n" * 256),
], ids=["v1", "v2", "v2 with values"])
def test_the_client_that_a_trusted_proxy_names_is_the_client(proxy, fairlead, origin, begin):
    upstream = origin()
    dynamic = {"http": {
        "routers": {"inside": {"rule": "Host(`a.example`) && ClientIP(`203.0.113.0/24`)", "service": "main"}},
        "services": {"main": {"loadBalancer": {"servers": [{"url": upstream.url}]}}}}}
    server = proxy({"proxyProtocol": {"trustedIPs": ["127.0.0.0/8"]}}, dynamic=dynamic,
                   accessLog={"format": "json", "filePath": "access.log"})
    got = seen(server, begin)
    assert b"X-Forwarded-For: 203.0.113.7\r\n" in got and b"X-Real-Ip: 203.0.113.7\r\n" in got
    wait_until(lambda: lines(server), "a line in the access log")
    assert lines(server)[0]["ClientAddr"] == "203.0.113.7:40000"
    # Without a header the connection is the proxy's own, to which no router answers.
    assert fetch(server.web, HOST).status == 404


def test_a_header_in_pieces_is_one_header(proxy):
    server = proxy({"proxyProtocol": {"insecure": True}})
    for whole in (b"PROXY TCP6 2001:db8::7 ::1 40000 80\r\n", v2("203.0.113.7", "192.0.2.1", 1, 2, b"x" * 40)):
        with Connection(server.web) as client:
            for at in range(len(whole)):
                client.send(whole[at:at + 1])
                # Each byte is a segment of its own, and the proxy has read it before the next.
                wait_until(lambda: unread(client) == 0, "the byte was acknowledged")
            body = client.get(HOST).body
        assert b"X-Forwarded-For: 2001:db8::7" in body or b"X-Forwarded-For: 203.0.113.7" in body


def unread(client):
    return struct.unpack("I", __import__("fcntl").ioctl(client.socket, 0x5411, b"\0\0\0\0"))[0]


def test_a_header_from_a_stranger_is_read_and_ignored(proxy):
    server = proxy({"proxyProtocol": {"trustedIPs": ["10.0.0.0/8"]}})
    got = seen(server, b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 80\r\n")
    assert b"X-Forwarded-For: 127.0.0.1\r\n" in got


def test_local_connections_of_a_proxy_keep_their_address(proxy):
    server = proxy({"proxyProtocol": {"insecure": True}})
    for begin in (b"PROXY UNKNOWN\r\n", SIGNATURE + b"\x20\x00\x00\x00"):
        assert b"X-Forwarded-For: 127.0.0.1\r\n" in seen(server, begin)


@pytest.mark.parametrize("begin", [
    b"PROXY TCP4 203.0.113.7 192.0.2.1 40000\r\n", b"PROXY TCP4 " + b"1" * 200,
    SIGNATURE + b"\x21\x11\x00\x04abcd", SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 65535,
], ids=["short v1", "endless v1", "short v2", "oversized v2"])
def test_what_is_not_quite_a_header_is_no_connection(proxy, begin):
    server = proxy({"proxyProtocol": {"insecure": True}})
    assert seen(server, begin) == b""


def test_a_header_that_does_not_come_ends_the_connection(proxy):
    server = proxy({"proxyProtocol": {"insecure": True}}, limits={"clientHeader": "300ms"})
    for begin in (b"", b"P", b"PROXY TCP4 203.", SIGNATURE + b"\x21\x11"):
        with Connection(server.web) as client:
            client.send(begin)
            assert client.is_closed()


def test_without_the_option_a_header_is_no_request(proxy):
    server = proxy()
    assert seen(server, b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 80\r\n") != b""
    with Connection(server.web) as client:
        client.send(b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 80\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert client.answer().status == 400


# ---- the access log ----

def test_the_log_tells_the_first_client_and_both_sides_of_an_answer(fairlead, origin):
    def handler(connection):
        read_request(connection)
        connection.send(reply("hi", headers="X-Inside: secret\r\nServer: origin\r\n"))
    upstream = origin(handler)
    dynamic = route(HOST, upstream.url)
    dynamic["http"]["middlewares"] = {"hide": {"headers": {"customResponseHeaders": {"X-Inside": "", "X-Added": "1"}}}}
    dynamic["http"]["routers"]["main"]["middlewares"] = ["hide"]
    server = fairlead(dynamic=dynamic, static={
        "entryPoints": {"web": {"forwardedHeaders": {"insecure": True}}},
        "accessLog": {"format": "json", "filePath": "access.log", "fields": {"headers": {"defaultMode": "keep"}}}})
    answer = fetch(server.web, HOST, headers="X-Forwarded-For: 203.0.113.9\r\n")
    assert "x-inside" not in answer and answer["x-added"] == "1"
    line = wait_until(lambda: lines(server), "a line in the access log")[0]
    assert line["ClientHost"] == "203.0.113.9"
    assert line["origin_X-Inside"] == "secret" and "origin_X-Added" not in line
    assert line["downstream_X-Added"] == "1" and "downstream_X-Inside" not in line


# ---- where an entry point listens ----

def over(family, address, request=b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"):
    """The answer's bytes from any kind of address; None when nobody listens there."""
    with socket.socket(family) as client:
        client.settimeout(10)
        try:
            client.connect(address)
        except OSError:
            return None
        client.sendall(request)
        answer = b""
        while data := client.recv(65536):
            answer += data
        return answer


def test_an_entry_point_has_as_many_addresses_as_it_names(proxy, tmp_path):
    first, second, path = free_port(), free_port(), tmp_path / "web.sock"
    server = proxy({"address": f"127.0.0.1:{first}, [::1]:{first},127.0.0.2:{second},unix:{path}"})
    for family, address in ((socket.AF_INET, ("127.0.0.1", first)), (socket.AF_INET6, ("::1", first)),
                            (socket.AF_INET, ("127.0.0.2", second)), (socket.AF_UNIX, str(path))):
        assert over(family, address).startswith(b"HTTP/1.1 200"), address
    assert over(socket.AF_INET, ("127.0.0.1", second)) is None
    assert b"X-Forwarded-For: ::1\r\n" in over(socket.AF_INET6, ("::1", first))
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert server.stop() == 0
    assert not path.exists()


def test_an_address_without_host_serves_both_families(proxy):
    port = free_port()
    proxy({"address": f":{port}"})
    assert b"X-Forwarded-For: 127.0.0.1\r\n" in over(socket.AF_INET, ("127.0.0.1", port))
    assert b"X-Forwarded-For: ::1\r\n" in over(socket.AF_INET6, ("::1", port))


def test_the_ipv4_wildcard_leaves_ipv6_alone_and_may_stand_beside_it(proxy):
    four, both = free_port(), free_port()
    proxy({"address": f"0.0.0.0:{four},0.0.0.0:{both},[::]:{both}"}, **{})
    assert over(socket.AF_INET, ("127.0.0.1", four)) and over(socket.AF_INET6, ("::1", four)) is None
    assert over(socket.AF_INET, ("127.0.0.1", both)) and over(socket.AF_INET6, ("::1", both))


def test_a_name_stands_for_its_addresses(proxy):
    port = free_port()
    proxy({"address": f"localhost:{port}"})
    assert over(socket.AF_INET, ("127.0.0.1", port)).startswith(b"HTTP/1.1 200")


def test_a_socket_file_that_nobody_listens_on_is_replaced_and_a_living_one_is_not(proxy, fairlead, tmp_path):
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = proxy({"address": f"unix:{path}", "socketMode": "0600"})
    assert over(socket.AF_UNIX, str(path)).startswith(b"HTTP/1.1 200")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = fairlead(ready=False, static={"entryPoints": {"web": {"address": f"unix:{path}"}}})
    assert other.process.wait(15) == 1
    assert f"cannot listen on unix:{path}" in other.log()
    assert over(socket.AF_UNIX, str(path)).startswith(b"HTTP/1.1 200")
    assert server.process.poll() is None


@pytest.mark.parametrize("address, complaint", [
    ("127.0.0.1:80,127.0.0.1:80", "names 127.0.0.1:80 twice"), ("unix:web.sock", "expects an absolute path"),
    (":80,:81/udp", "mixes TCP and UDP"), ("127.0.0.1:80,", "has no port"), ("unix:/" + "x" * 120, "at most 107 bytes"),
])
def test_an_address_that_cannot_be_is_named(tmp_path, address, complaint):
    (tmp_path / "f.yml").write_text(json.dumps({"entryPoints": {"web": {"address": address}}}))
    done = subprocess.run([BINARY, "check", f"--configFile={tmp_path}/f.yml"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and complaint in done.stdout


def test_the_port_of_another_process_is_refused_unless_shared(fairlead, origin):
    upstream = origin()
    port = free_port()
    entry = {"entryPoints": {"web": {"address": f"127.0.0.1:{port}"}}}
    first = fairlead(dynamic=route(HOST, upstream.url), static=entry)
    second = fairlead(ready=False, dynamic=route(HOST, upstream.url), static=entry)
    assert second.process.wait(15) == 1 and "another process has this port" in second.log()
    entry["entryPoints"]["web"]["reusePort"] = True
    fairlead(dynamic=route(HOST, upstream.url), static=entry)
    first.stop()
    assert over(socket.AF_INET, ("127.0.0.1", port)).startswith(b"HTTP/1.1 200")


# ---- sockets that a service manager made ----

ACTIVATOR = """
import os, sys
names, fds, command = sys.argv[1], [int(n) for n in sys.argv[2].split(",")], sys.argv[3:]
for at, fd in enumerate(fds):
    os.dup2(fd, 100 + at)
for at in range(len(fds)):
    os.dup2(100 + at, 3 + at)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=names)
os.execv(command[0], command)
"""


def test_an_entry_point_takes_the_sockets_that_carry_its_name(fairlead, origin, tmp_path):
    upstream, sockets = origin(), []
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, str(tmp_path / "s.sock"))):
        sockets.append(socket.socket(family))
        sockets[-1].bind(address)
        sockets[-1].listen(64)
    port = sockets[0].getsockname()[1]
    # What waits in the queue before the start is served after it.
    early = Connection(port)
    early.send("GET /early HTTP/1.1\r\nHost: a.example\r\n\r\n")
    server = fairlead(dynamic=route(HOST, upstream.url), workers=2,
                      wrapper=[sys.executable, "-c", ACTIVATOR, "web:web", ",".join(str(s.fileno()) for s in sockets)],
                      pass_fds=[s.fileno() for s in sockets])
    assert early.answer().status == 200
    for _ in range(20):
        assert over(socket.AF_INET, ("127.0.0.1", port)).startswith(b"HTTP/1.1 200")
        assert over(socket.AF_UNIX, str(tmp_path / "s.sock")).startswith(b"HTTP/1.1 200")
    assert over(socket.AF_INET, ("127.0.0.1", server.web)) is None
    assert "serves a socket that the service manager made" in server.log()
    # The sockets are the manager's: they outlive us, and the next start finds whoever waits.
    assert server.stop() == 0
    assert (tmp_path / "s.sock").exists()
    late = Connection(port)
    late.send("GET /late HTTP/1.1\r\nHost: a.example\r\n\r\n")
    server.start()
    assert late.answer().status == 200


def test_a_socket_that_belongs_to_no_entry_point_is_named(fairlead, origin):
    with socket.socket() as stray:
        stray.bind(("127.0.0.1", 0))
        stray.listen()
        server = fairlead(wrapper=[sys.executable, "-c", ACTIVATOR, "wbe", str(stray.fileno())], pass_fds=[stray.fileno()])
        assert 'no entry point has the name of this socket' in server.log() and "wbe" in server.log()


def test_the_health_check_finds_a_unix_socket(fairlead, tmp_path):
    server = fairlead(ready=False, static={"entryPoints": {"traefik": {"address": f"unix:{tmp_path}/admin.sock"}}})
    wait_until(lambda: (tmp_path / "admin.sock").exists(), "the socket")
    command = [BINARY, "healthcheck", f"--configFile={server.folder}/fairlead.yml"]
    done = wait_until(lambda: (lambda d: d if d.returncode == 0 else None)(
        subprocess.run(command, capture_output=True, text=True, timeout=20)), "a good answer")
    assert f"unix:{tmp_path}/admin.sock/ping" in done.stdout
