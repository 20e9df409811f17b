"""Large bodies through every pairing of protocols, on clear text and TLS, both ways, quick and slow: exact bytes, bounded memory.
64 MiB each; FAIRLEAD_BIG=1 makes it 1 GiB."""
import hashlib
import os
import socket
import ssl
import subprocess
import threading
import time

import pytest

import wire
from fairlead import SANITIZED, free_port, wait_until

HOST = "transfers.test"
SIZE = (1 << 30) if os.environ.get("FAIRLEAD_BIG") == "1" else 64 << 20
BLOCK = 1 << 20
SLOW = "50M"  # bytes a second that a slow reader takes
GROWTH_KIB = (64 if SANITIZED else 32) * 1024


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """A file whose every block differs, its hash, and a certificate."""
    folder = tmp_path_factory.mktemp("transfers")
    block, digest = os.urandom(BLOCK), hashlib.sha256()
    with open(folder / "file.bin", "wb") as file:
        for i in range(SIZE // BLOCK):
            stamped = i.to_bytes(8, "big") + block[8:]
            digest.update(stamped)
            file.write(stamped)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
                    "-out", "cert.pem", "-days", "3", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1"],
                   cwd=folder, check=True, capture_output=True)
    return {"folder": folder, "digest": digest.hexdigest()}


class H1Origin(wire.Origin):
    """GET sends the file, POST answers with the hash of what came; on TLS when there is a context."""

    def __init__(self, material, context=None):
        self.file, self.context = material["folder"] / "file.bin", context
        super().__init__(self.transfer)

    def serve(self, connection):
        if self.context:
            try:
                connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
            except OSError:
                return
        super().serve(connection)

    def transfer(self, connection):
        while True:
            head = connection.head()
            if head.method == "GET":
                connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n")
                with open(self.file, "rb") as file:
                    while piece := file.read(BLOCK):
                        connection.socket.sendall(piece)
                continue
            digest, room = hashlib.sha256(), memoryview(bytearray(BLOCK))
            if head.get("expect"):
                connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            if head.get("content-length"):
                left = int(head["content-length"]) - len(connection.buffer)
                digest.update(connection.buffer)
                connection.buffer = b""
                while left > 0:
                    got = connection.socket.recv_into(room, min(left, BLOCK))
                    if got == 0:
                        raise EOFError
                    digest.update(room[:got])
                    left -= got
            else:
                raise AssertionError("the length was known")
            connection.send(wire.reply(digest.hexdigest()))


@pytest.fixture
def upstream(material):
    """Starts an origin: (protocol, is_tls) → its URL."""
    ended = []

    def start(protocol, is_tls):
        folder = material["folder"]
        if protocol == "h1":
            context = None
            if is_tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            origin = H1Origin(material, context)
            ended.append(origin.close)
            return f"{'https' if is_tls else 'http'}://127.0.0.1:{origin.port}"
        port = free_port()
        tls = [str(folder / "key.pem"), str(folder / "cert.pem")] if is_tls else []
        process = subprocess.Popen(["nghttpd", "-a", "127.0.0.1", "-d", str(folder), "--echo-upload", "-w", "20", "-W", "20",
                                    *([] if is_tls else ["--no-tls"]), str(port), *tls], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        ended.append(lambda: (process.kill(), process.wait()))
        wait_until(lambda: is_listening(port), "nghttpd")
        return f"{'https' if is_tls else 'h2c'}://127.0.0.1:{port}"

    yield start
    for end in ended:
        end()


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Peak:
    """The largest resident size of a process while inside, against before."""

    def __init__(self, server):
        self.server, self.before, self.most, self.is_over = server, server.rss_kib(), 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.is_over:
            self.most = max(self.most, self.server.rss_kib())
            time.sleep(0.02)

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()

    @property
    def growth(self):
        return self.most - self.before


def curl(material, client, is_tls, port, *arguments):
    """The SHA-256 of the answer's body, as it is read."""
    protocol = "--http1.1" if client == "h1" else "--http2" if is_tls else "--http2-prior-knowledge"
    scheme = "https" if is_tls else "http"
    command = ["curl", "-sS", "--fail", protocol, "--cacert", str(material["folder"] / "cert.pem"), "--resolve",
               f"{HOST}:{port}:127.0.0.1", "--noproxy", "*", "--max-time", "600", "-H", "Expect:", *arguments,
               f"{scheme}://{HOST}:{port}/file.bin"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    digest, size, small = hashlib.sha256(), 0, b""
    while piece := process.stdout.read1(BLOCK):
        digest.update(piece)
        size += len(piece)
        small = (small + piece)[:100]
    assert process.wait() == 0, process.stderr.read().decode()
    return digest.hexdigest(), size, small


@pytest.fixture
def front(fairlead, material, upstream):
    def start(protocol, is_tls):
        secure = free_port()
        cert, key = (str(material["folder"] / name) for name in ("cert.pem", "key.pem"))
        server = fairlead(static={"entryPoints": {"secure": {"address": f"127.0.0.1:{secure}"}}}, dynamic={
            "http": {
                "routers": {"clear": {"rule": f"Host(`{HOST}`)", "service": "s", "entryPoints": ["web"]},
                            "tls": {"rule": f"Host(`{HOST}`)", "service": "s", "entryPoints": ["secure"], "tls": {}}},
                "services": {"s": {"loadBalancer": {"servers": [{"url": upstream(protocol, is_tls)}], "serversTransport": "t"}}},
                "serversTransports": {"t": {"rootCAs": [cert]}},
            },
            "tls": {"certificates": [{"certFile": cert, "keyFile": key}]},
        })
        server.port = secure if is_tls else server.web
        return server

    return start


PAIRINGS = [(client, protocol, is_tls) for is_tls in (False, True) for client in ("h1", "h2") for protocol in ("h1", "h2")]
NAMES = [f"{client}-{protocol}-{'tls' if is_tls else 'plain'}" for client, protocol, is_tls in PAIRINGS]


@pytest.mark.parametrize("client, protocol, is_tls", PAIRINGS, ids=NAMES)
def test_a_download_arrives_whole_in_bounded_memory(front, material, figures, client, protocol, is_tls):
    server = front(protocol, is_tls)
    begin = time.monotonic()
    with Peak(server) as peak:
        digest, size, _ = curl(material, client, is_tls, server.port)
    assert (digest, size) == (material["digest"], SIZE)
    assert peak.growth < GROWTH_KIB
    report(figures, "download", client, protocol, is_tls, peak, begin)


@pytest.mark.parametrize("client, protocol, is_tls", PAIRINGS, ids=NAMES)
def test_an_upload_arrives_whole_in_bounded_memory(front, material, figures, client, protocol, is_tls):
    server = front(protocol, is_tls)
    begin = time.monotonic()
    with Peak(server) as peak:
        digest, _, body = curl(material, client, is_tls, server.port, "-T", str(material["folder"] / "file.bin"), "-X", "POST")
    # The HTTP/1.1 origin answers with the hash, the HTTP/2 one with all that came.
    arrived = body.decode() if protocol == "h1" else digest
    assert arrived == material["digest"]
    assert peak.growth < GROWTH_KIB
    report(figures, "upload", client, protocol, is_tls, peak, begin)


# The mixed pairings take their time: with FAIRLEAD_BIG=1 only.
SLOW_PAIRINGS = [one for one in zip(PAIRINGS, NAMES) if one[0][0] == one[0][1] or SIZE >= (1 << 30)]


@pytest.mark.parametrize("client, protocol, is_tls", [one[0] for one in SLOW_PAIRINGS], ids=[one[1] for one in SLOW_PAIRINGS])
@pytest.mark.parametrize("direction", ["download", "upload"])
def test_a_slow_peer_is_waited_for_in_bounded_memory(front, material, figures, direction, client, protocol, is_tls):
    server = front(protocol, is_tls)
    begin = time.monotonic()
    upload = ["-T", str(material["folder"] / "file.bin"), "-X", "POST"] if direction == "upload" else []
    with Peak(server) as peak:
        digest, _, body = curl(material, client, is_tls, server.port, "--limit-rate", SLOW, *upload)
    arrived = body.decode() if upload and protocol == "h1" else digest
    assert arrived == material["digest"]
    assert peak.growth < GROWTH_KIB
    report(figures, f"slow {direction}", client, protocol, is_tls, peak, begin)


def report(figures, what, client, protocol, is_tls, peak, begin):
    seconds = time.monotonic() - begin
    figures(f"{what} of {SIZE >> 20} MiB, client {client} - upstream {protocol}, {'TLS' if is_tls else 'plain'}: memory grew by "
            f"{peak.growth / 1024:.1f} MiB, {SIZE / seconds / (1 << 20):.0f} MiB/s")
