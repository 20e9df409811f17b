"""gRPC end to end with grpcio: unary and streaming calls, trailers-only answers, deadlines, cancellation; clear text and TLS."""
import subprocess
import threading
import time
from concurrent import futures

import pytest

from fairlead import free_port, wait_until

grpc = pytest.importorskip("grpc", reason="python3-grpcio is not installed")

HOST = "grpc.test"


class Service(grpc.GenericRpcHandler):
    """Bytes in, bytes out, so that nothing needs to be generated."""

    def __init__(self):
        self.cancelled, self.deadlines, self.metadata = threading.Event(), [], []

    def service(self, details):
        self.metadata.append(dict(details.invocation_metadata))
        kinds = {
            "/echo.Echo/Unary": (grpc.unary_unary_rpc_method_handler, self.unary),
            "/echo.Echo/Down": (grpc.unary_stream_rpc_method_handler, self.down),
            "/echo.Echo/Up": (grpc.stream_unary_rpc_method_handler, self.up),
            "/echo.Echo/Both": (grpc.stream_stream_rpc_method_handler, self.both),
            "/echo.Echo/Fail": (grpc.unary_unary_rpc_method_handler, self.fail),
            "/echo.Echo/Hang": (grpc.unary_unary_rpc_method_handler, self.hang),
        }
        if details.method not in kinds:
            return None
        make, behaviour = kinds[details.method]
        return make(behaviour)

    def unary(self, request, context):
        context.send_initial_metadata((("x-initial", "1"),))
        context.set_trailing_metadata((("x-trailing", "2"), ("x-bin-bin", b"\0\1\2")))
        return request[::-1]

    def down(self, request, context):
        for i in range(int(request)):
            yield b"%d" % i

    def up(self, requests, context):
        return b"%d" % sum(len(request) for request in requests)

    def both(self, requests, context):
        for request in requests:
            yield request.upper()

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today: 50% of ü")

    def hang(self, request, context):
        self.deadlines.append(context.time_remaining())
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(20)
        return b""


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
                    "-out", "cert.pem", "-days", "3", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1"],
                   cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(params=["h2c", "https"])
def stack(request, fairlead, tmp_path):
    """A gRPC service behind a Fairlead, clear text on both sides or TLS on both; with the channel to it."""
    cert, key = certificate(tmp_path)
    service = Service()
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=(service,))
    if request.param == "h2c":
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(((key.read_bytes(), cert.read_bytes()),)))
    server.start()
    secure = free_port()
    front = fairlead(static={"accessLog": {"format": "json"}, "entryPoints": {"secure": {"address": f"127.0.0.1:{secure}"}}}, dynamic={
        "http": {
            "routers": {"clear": {"rule": f"Host(`{HOST}`)", "service": "s", "entryPoints": ["web"]},
                        "tls": {"rule": f"Host(`{HOST}`)", "service": "s", "entryPoints": ["secure"], "tls": {}}},
            "services": {"s": {"loadBalancer": {"servers": [{"url": f"{request.param}://127.0.0.1:{port}"}], "serversTransport": "t"}}},
            "serversTransports": {"t": {"rootCAs": [str(cert)]}},
        },
        "tls": {"certificates": [{"certFile": str(cert), "keyFile": str(key)}]},
    })
    options = (("grpc.default_authority", HOST), ("grpc.ssl_target_name_override", HOST), ("grpc.enable_http_proxy", 0))
    if request.param == "h2c":
        channel = grpc.insecure_channel(f"127.0.0.1:{front.web}", options=options)
    else:
        channel = grpc.secure_channel(f"127.0.0.1:{secure}", grpc.ssl_channel_credentials(cert.read_bytes()), options=options)
    service.channel, service.front, service.server = channel, front, server
    yield service
    channel.close()
    server.stop(0)


def test_unary(stack):
    call = stack.channel.unary_unary("/echo.Echo/Unary")
    answer, details = call.with_call(b"abc", metadata=(("x-own", "1"), ("x-raw-bin", b"\xff\0")), timeout=20)
    assert answer == b"cba" and details.code() == grpc.StatusCode.OK
    assert ("x-initial", "1") in details.initial_metadata()
    assert ("x-trailing", "2") in details.trailing_metadata() and ("x-bin-bin", b"\0\1\2") in details.trailing_metadata()
    assert stack.metadata[0]["x-own"] == "1" and stack.metadata[0]["x-raw-bin"] == b"\xff\0"


def test_large_messages(stack):
    call = stack.channel.unary_unary("/echo.Echo/Unary")
    message = bytes(range(256)) * 12000  # just under the usual limit of 4 MiB
    assert call(message, timeout=20) == message[::-1]


def test_server_streaming(stack):
    call = stack.channel.unary_stream("/echo.Echo/Down")
    assert list(call(b"1000", timeout=20)) == [b"%d" % i for i in range(1000)]


def test_client_streaming(stack):
    call = stack.channel.stream_unary("/echo.Echo/Up")
    assert call((b"x" * 1000 for _ in range(1000)), timeout=20) == b"1000000"


def test_bidirectional_streaming_is_a_conversation(stack):
    said = []

    def talk():
        for word in (b"one", b"two", b"three"):
            said.append(word)
            yield word
            # The next word is only said once this one is answered.
            wait_until(lambda: len(heard) == len(said), "the answer")

    heard = []
    for answer in stack.channel.stream_stream("/echo.Echo/Both")(talk(), timeout=20):
        heard.append(answer)
    assert heard == [b"ONE", b"TWO", b"THREE"]


def test_errors_arrive_as_trailers_only(stack):
    with pytest.raises(grpc.RpcError) as failure:
        stack.channel.unary_unary("/echo.Echo/Fail")(b"", timeout=20)
    assert failure.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert failure.value.details() == "not today: 50% of ü"


def test_unknown_methods_are_unimplemented(stack):
    with pytest.raises(grpc.RpcError) as failure:
        stack.channel.unary_unary("/echo.Echo/Nothing")(b"", timeout=20)
    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_deadlines_pass_and_end_the_call_at_the_service(stack):
    begin = time.monotonic()
    with pytest.raises(grpc.RpcError) as failure:
        stack.channel.unary_unary("/echo.Echo/Hang")(b"", timeout=1)
    assert failure.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert stack.cancelled.wait(10) and time.monotonic() - begin < 10
    assert 0 < stack.deadlines[0] <= 1


def test_cancelling_reaches_the_service(stack):
    call = stack.channel.unary_unary("/echo.Echo/Hang").future(b"", timeout=20)
    wait_until(lambda: stack.deadlines, "the call")
    call.cancel()
    assert stack.cancelled.wait(10)


def test_many_calls_at_once_share_the_upstreams_connection(stack):
    call = stack.channel.unary_unary("/echo.Echo/Unary")
    pending = [call.future(b"%d" % i, timeout=20) for i in range(200)]
    assert [one.result() for one in pending] == [(b"%d" % i)[::-1] for i in range(200)]


def test_a_service_that_is_gone_is_unavailable(stack):
    stack.server.stop(0).wait(10)
    with pytest.raises(grpc.RpcError) as failure:
        stack.channel.unary_unary("/echo.Echo/Unary")(b"", timeout=20)
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
