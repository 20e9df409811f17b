"""HTTP/2 origins whose frames are the test's own, on clear text or TLS."""
import socket
import ssl
import struct
import threading

import hpack

from h2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
                       WINDOW_UPDATE, Frame, frame, literal)

__all__ = ["H2Origin", "Peer", "frame", "literal"]


class Peer:
    """The origin's end of one connection. `requests` maps streams to their fields, `bodies` to what came."""

    def __init__(self, origin, peer, settings):
        self.origin, self.socket, self.buffer = origin, peer, b""
        self.decoder = hpack.Decoder()
        self.requests, self.bodies, self.trailers, self.resets, self.pings = {}, {}, {}, {}, 0
        self.gives_credit = self.answers_pings = True
        assert self.exactly(len(PREFACE)) == PREFACE
        self.send(frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", k, v) for k, v in settings)))

    def send(self, data):
        self.socket.sendall(data)

    def exactly(self, count):
        while len(self.buffer) < count:
            data = self.socket.recv(262144)
            if not data:
                raise EOFError
            self.buffer += data
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read(self):
        """The next frame, with what every server does done."""
        head = self.exactly(9)
        got = Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7fffffff, self.exactly(int.from_bytes(head[:3], "big")))
        if got.kind == SETTINGS and not got.flags & ACK:
            self.send(frame(SETTINGS, ACK))
        if got.kind == PING and not got.flags & ACK:
            self.pings += 1
            if self.answers_pings:
                self.send(frame(PING, ACK, 0, got.payload))
        if got.kind == HEADERS:
            while not got.flags & END_HEADERS:
                more = self.exactly(9)
                assert more[3] == CONTINUATION
                got.payload += self.exactly(int.from_bytes(more[:3], "big"))
                got.flags |= more[4]
            fields = self.decoder.decode(got.payload)
            if got.stream in self.requests:
                self.trailers[got.stream] = dict(fields)
            else:
                self.requests[got.stream], self.bodies[got.stream] = fields, b""
                self.origin.requests.append(fields)
        if got.kind == DATA:
            self.bodies[got.stream] += got.payload
            if got.payload and self.gives_credit:
                update = struct.pack(">I", len(got.payload))
                self.send(frame(WINDOW_UPDATE, 0, 0, update) + frame(WINDOW_UPDATE, 0, got.stream, update))
        if got.kind == RST_STREAM:
            self.resets[got.stream] = got.error
            self.origin.resets.append(got.error)
        return got

    def request(self):
        """Reads until a request is complete; its stream."""
        while True:
            got = self.read()
            if got.kind in (HEADERS, DATA) and got.flags & END_STREAM:
                return got.stream

    def head(self):
        """Reads until a head is there; its stream."""
        while True:
            got = self.read()
            if got.kind == HEADERS:
                return got.stream

    def headers(self, stream, *lines, end=False):
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, b"".join(literal(n, v) for n, v in lines)))

    def data(self, stream, body=b"", end=False):
        self.send(frame(DATA, END_STREAM if end else 0, stream, body))

    def answer(self, stream, body=b"", status="200", fields=()):
        self.headers(stream, (":status", status), *fields, end=not body)
        if body:
            self.data(stream, body, end=True)

    def reset(self, stream, error):
        self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", error)))

    def go_away(self, last, error=0):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", last, error)))


def echo(peer):
    while True:
        stream = peer.request()
        fields = dict(peer.requests[stream])
        peer.answer(stream, (fields[":method"] + " " + fields[":path"]).encode() + b"\n" + peer.bodies[stream])


class H2Origin:
    """Every connection is handled by `handler(peer)`, in a thread of its own."""

    def __init__(self, handler=None, pair=None, settings=()):
        self.handler, self.settings = handler or echo, settings
        self.context = None
        if pair:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*pair)
            self.context.set_alpn_protocols(["h2"])
        self.requests, self.resets, self.accepted, self.open = [], [], 0, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if pair else 'h2c'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.open.append(peer)
            threading.Thread(target=self.serve, args=(peer, self.accepted), daemon=True).start()

    def serve(self, peer, number):
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            connection = Peer(self, peer, self.settings)
            connection.number = number
            self.handler(connection)
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            peer.close()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for peer in self.open:
            try:
                peer.close()
            except OSError:
                pass
