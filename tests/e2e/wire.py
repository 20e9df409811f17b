"""HTTP/1.1 by hand: a client connection whose bytes are the test's own, and origins that do as they are told."""
import contextlib
import socket
import threading


class Connection:
    """A client socket with a buffer. Answers are read by their own framing."""

    def __init__(self, port, timeout=20, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError(f"connection ended before {mark!r}; had {self.buffer[:300]!r}")
        at = self.buffer.index(mark) + len(mark)
        taken, self.buffer = self.buffer[:at], self.buffer[at:]
        return taken

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError(f"connection ended {count - len(self.buffer)} bytes early")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self):
        """Everything up to the end of the connection; a reset counts as one."""
        with contextlib.suppress(ConnectionResetError):
            while self.fill():
                pass
        taken, self.buffer = self.buffer, b""
        return taken

    def is_closed(self):
        """Whether the peer ends the connection without another byte (waits for it)."""
        return self.rest() == b""

    def head(self):
        return Head(self.until(b"\r\n\r\n"))

    def answer(self, method="GET"):
        """The next final answer; interim ones are collected in `.interim`."""
        interim = []
        while True:
            head = self.head()
            if head.status >= 200 or head.status == 101:
                break
            interim.append(head)
        head.interim, head.trailers = interim, {}
        if method == "HEAD" or head.status in (101, 204, 304):
            head.body = b""
        elif "chunked" in head.get("transfer-encoding", ""):
            head.body, head.trailers = self.chunked()
        elif head.get("content-length") is not None:
            head.body = self.exactly(int(head["content-length"]))
        else:
            head.body = self.rest()
        return head

    def chunked(self):
        body = b""
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        trailers = {}
        while (line := self.until(b"\r\n")) != b"\r\n":
            name, value = line.decode("latin-1").split(":", 1)
            trailers[name.strip().lower()] = value.strip()
        return body, trailers

    def get(self, host, path="/", method="GET", headers="", body=b""):
        self.send(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode("latin-1") + body)
        return self.answer(method)


class Head:
    """A start line and fields (lower-case names; repeated ones joined by a comma), of a request or an answer."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.start = lines[0]
        self.fields = {}
        for line in lines[1:]:
            if line:
                name, value = line.split(":", 1)
                name, value = name.lower(), value.strip()
                self.fields[name] = f"{self.fields[name]}, {value}" if name in self.fields else value
        words = self.start.split(" ", 2)
        if len(words) < 2:
            raise ValueError(f"no start line: {self.start!r}")
        if self.start.startswith("HTTP/"):
            self.status = int(words[1])
        else:
            self.method, self.target = words[0], words[1]

    def get(self, name, default=None):
        return self.fields.get(name.lower(), default)

    def __getitem__(self, name):
        return self.fields[name.lower()]

    def __contains__(self, name):
        return name.lower() in self.fields


def fetch(port, host, path="/", timeout=20, **options):
    """One request on a connection of its own."""
    with Connection(port, timeout) as connection:
        return connection.get(host, path, **options)


class Origin:
    """A server whose every connection is handled by `handler(connection)`, in a thread of its own; `connection` is a
    `Connection`. The default handler answers each request with an echo of its head and body."""

    def __init__(self, handler=None, backlog=128):
        self.handler = handler or echo
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(backlog)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.accepted = 0
        self.requests = []
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection = Connection.__new__(Connection)
            connection.socket, connection.buffer, connection.origin = peer, b"", self
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open.append(peer)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, EOFError, ValueError), connection:
            self.handler(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.open:
            with contextlib.suppress(OSError):
                peer.close()


def read_request(connection):
    """The next request with its body read, kept in the origin's list."""
    request = connection.head()
    request.body, request.trailers = b"", {}
    if request.get("expect", "").lower() == "100-continue":
        connection.send("HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in request.get("transfer-encoding", ""):
        request.body, request.trailers = connection.chunked()
    elif request.get("content-length"):
        request.body = connection.exactly(int(request["content-length"]))
    connection.origin.requests.append(request)
    return request


def reply(body=b"", status="200 OK", headers=""):
    body = body if isinstance(body, bytes) else body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode("latin-1") + body


def echo(connection):
    while True:
        request = read_request(connection)
        body = request.raw + request.body
        if request.method == "HEAD":
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n")
        else:
            connection.send(reply(body))
