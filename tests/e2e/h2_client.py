"""HTTP/2 by hand: frames whose bytes are the test's own, over a cleartext connection with prior knowledge."""
import contextlib
import socket
import struct
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PROTOCOL_ERROR, STREAM_CLOSED, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 1, 5, 7, 8, 11


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A field line without indexing."""
    def text(t):
        t = t if isinstance(t, bytes) else t.encode("latin-1")
        size, out = len(t), b""
        if size < 127:
            return bytes([size]) + t
        out, size = b"\x7f", size - 127
        while size >= 128:
            out, size = out + bytes([size % 128 + 128]), size // 128
        return out + bytes([size]) + t
    return b"\x00" + text(name) + text(value)


def request(host, path="/", method="GET", fields=()):
    lines = [(":method", method), (":scheme", "http"), (":path", path), (":authority", host), *fields]
    return b"".join(literal(n, v) for n, v in lines)


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    @property
    def error(self):
        return struct.unpack(">I", self.payload[4:8] if self.kind == GOAWAY else self.payload[:4])[0]

    def __repr__(self):
        return f"<{self.kind} flags={self.flags} stream={self.stream} {self.payload[:40]!r}>"


class H2:
    def __init__(self, port, settings=(), timeout=20, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.buffer, self.frames, self.next_id = b"", [], 1
        self.decoder = hpack.Decoder()
        payload = b"".join(struct.pack(">HI", k, v) for k, v in settings)
        self.send(PREFACE + frame(SETTINGS, 0, 0, payload))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def try_send(self, data):
        """False once the peer has gone."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def open(self, host, path="/", method="GET", fields=(), end=True, send=True):
        stream, self.next_id = self.next_id, self.next_id + 2
        data = frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, request(host, path, method, fields))
        if send:
            self.send(data)
        return stream if send else (stream, data)

    def read(self):
        """The next frame; None at the end of the connection."""
        while True:
            if len(self.buffer) >= 9:
                size = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) >= 9 + size:
                    head, payload = self.buffer[:9], self.buffer[9:9 + size]
                    self.buffer = self.buffer[9 + size:]
                    got = Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7fffffff, payload)
                    if got.kind == SETTINGS and not got.flags & ACK:
                        self.try_send(frame(SETTINGS, ACK))
                    if got.kind == HEADERS:
                        got.fields = self.decoder.decode(payload)
                    return got
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data

    def until(self, kind, stream=None):
        """Reads up to a frame of that kind; None when the connection ends first."""
        while (got := self.read()) is not None:
            if got.kind == kind and (stream is None or got.stream == stream):
                return got
        return None

    def goodbye(self):
        """The error code of the GOAWAY that ends the connection; None when there is none."""
        error = None
        with contextlib.suppress(TimeoutError):
            while (got := self.read()) is not None:
                if got.kind == GOAWAY:
                    error = got.error
        return error

    def answer(self, stream):
        """(status, fields, body, trailers or the RST_STREAM frame) of a stream; DATA is given back as credit."""
        status, fields, body = None, {}, b""
        while True:
            got = self.read()
            if got is None:
                raise EOFError("connection ended")
            if got.stream != stream:
                continue
            if got.kind == RST_STREAM:
                return status, fields, body, got
            if got.kind == HEADERS:
                pairs = dict(got.fields)
                if status is not None and status >= 200:
                    return status, fields, body, pairs
                status, fields = int(pairs[":status"]), pairs
            if got.kind == DATA:
                body += got.payload
                if got.payload:
                    update = struct.pack(">I", len(got.payload))
                    self.try_send(frame(WINDOW_UPDATE, 0, 0, update) + frame(WINDOW_UPDATE, 0, stream, update))
            if got.flags & END_STREAM:
                return status, fields, body, None

    def get(self, host, path="/", **options):
        return self.answer(self.open(host, path, **options))


def is_served(port, host):
    """A second client is not harmed: it gets its answer, and soon."""
    begin = time.monotonic()
    with H2(port) as other:
        status, *_ = other.get(host)
    return status == 200 and time.monotonic() - begin < 5
