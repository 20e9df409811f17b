"""TLS on entry points, against curl's and OpenSSL's own clients."""
import json
import pathlib
import re
import socket
import ssl
import subprocess

import pytest

from fairlead import free_port, wait_until


class Authority:
    """Makes certificates in a folder with the openssl command."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def make(self, name, *hosts, rsa=False, issuer=None):
        """name.crt and name.key; the paths."""
        kind = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        sans = ["-addext", "subjectAltName=" + ",".join("DNS:" + host for host in hosts)] if hosts else []
        signing = ["-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key"] if issuer else []
        if issuer:
            self.run("req", "-new", "-newkey", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            self.run("x509", "-req", "-in", f"{name}.csr", *signing, "-days", "30", "-out", f"{name}.crt")
        else:
            self.run("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "30",
                     "-subj", f"/CN={name}", *sans)
        return {"certFile": str(self.folder / f"{name}.crt"), "keyFile": str(self.folder / f"{name}.key")}


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


class Secure:
    """A Fairlead with a TLS entry point in front of one origin."""

    def __init__(self, fairlead, origin, routers, certificates=(), options=None, stores=None):
        self.port = free_port()
        self.origin = origin()
        for router in routers.values():
            if router.pop("is_clear", False) is False:
                router.setdefault("tls", {})
        self.dynamic = {
            "http": {
                "routers": {name: {"service": "s", "entryPoints": ["secure"], **router} for name, router in routers.items()},
                "services": {"s": {"loadBalancer": {"servers": [{"url": self.origin.url}]}}},
            },
            "tls": {"certificates": list(certificates), "options": options or {}, "stores": stores or {}},
        }
        static = {"entryPoints": {"secure": {"address": f"127.0.0.1:{self.port}"}}, "accessLog": {"format": "json"},
                  "metrics": {"prometheus": {}}}
        self.server = fairlead(static=static, dynamic=self.dynamic)

    def curl(self, host, *arguments, path="/"):
        """(status, verbose text)"""
        command = ["curl", "-skv", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}", "--resolve",
                   f"{host}:{self.port}:127.0.0.1", *arguments, f"https://{host}:{self.port}{path}"]
        done = subprocess.run(command, capture_output=True, text=True)
        return int(done.stdout or 0), done.stderr

    def s_client(self, *arguments, send="Q\n"):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", *arguments]
        done = subprocess.run(command, input=send, capture_output=True, text=True, timeout=20)
        return done.stdout + done.stderr

    def subject(self, *arguments):
        found = re.search(r"^subject=.*CN = (.*)$", self.s_client(*arguments), re.MULTILINE)
        return found.group(1) if found else None


def test_https_requests_are_routed_logged_and_counted(fairlead, origin, authority):
    secure = Secure(fairlead, origin, {"a": {"rule": "Host(`a.test`)"}}, [authority.make("a", "a.test")])
    status, text = secure.curl("a.test")
    assert status == 200, text
    assert "ALPN: server accepted h2" in text
    assert "ALPN: server accepted http/1.1" in secure.curl("a.test", "--http1.1")[1]
    assert "subject: CN=a" in text
    assert secure.curl("other.test")[0] == 404
    line = wait_until(lambda: next((one for one in secure.server.log().splitlines() if '"RouterName":"a@file"' in one), None), "log")
    entry = json.loads(line)
    assert (entry["TLSVersion"], entry["RequestScheme"]) == ("1.3", "https")
    assert entry["TLSCipher"] == "TLS_AES_128_GCM_SHA256"
    scrape = secure.server.api("/metrics", parse=False).decode()
    assert re.search(r'traefik_entrypoint_requests_tls_total\{.*tls_version="1.3".*\} ', scrape)
    assert re.search(r'traefik_tls_certs_not_after\{cn="a",sans="a.test",serial="[0-9A-F]+"\} ', scrape)


def test_headers_tell_the_service_that_the_client_spoke_tls(fairlead, origin, authority):
    secure = Secure(fairlead, origin, {"a": {"rule": "Host(`a.test`)"}}, [authority.make("a", "a.test")])
    context = ssl.create_default_context(cafile=str(authority.folder / "a.crt"))
    with socket.create_connection(("127.0.0.1", secure.port)) as raw, context.wrap_socket(raw, server_hostname="a.test") as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    assert b"x-forwarded-proto: https" in secure.origin.requests[-1].raw.lower()


def test_one_entry_point_serves_clear_text_and_tls(fairlead, origin, authority):
    routers = {"a": {"rule": "Host(`a.test`)"}, "clear": {"rule": "Host(`a.test`)", "is_clear": True}}
    secure = Secure(fairlead, origin, routers, [authority.make("a", "a.test")])
    assert secure.curl("a.test")[0] == 200
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: a.test", f"http://127.0.0.1:{secure.port}/"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "200"


def test_the_certificate_is_chosen_by_name_and_key(fairlead, origin, authority):
    certificates = [authority.make("exact", "www.a.test"), authority.make("wild", "*.a.test"), authority.make("both", "www.a.test", rsa=True)]
    secure = Secure(fairlead, origin, {"a": {"rule": "HostRegexp(`.*`)"}}, certificates)
    assert secure.subject("-servername", "www.a.test") == "exact"
    assert secure.subject("-servername", "x.a.test") == "wild"
    assert secure.subject("-servername", "x.y.a.test") == "FAIRLEAD DEFAULT CERT"
    assert secure.subject("-noservername") == "FAIRLEAD DEFAULT CERT"
    assert secure.subject("-servername", "www.a.test", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256") == "both"


def test_the_store_names_the_default_certificate(fairlead, origin, authority):
    stores = {"default": {"defaultCertificate": authority.make("mine")}}
    secure = Secure(fairlead, origin, {"a": {"rule": "HostRegexp(`.*`)"}}, stores=stores)
    assert secure.subject("-servername", "any.test") == "mine"


def test_strict_sni_refuses_unknown_names(fairlead, origin, authority):
    secure = Secure(fairlead, origin, {"a": {"rule": "HostRegexp(`.*`)"}}, [authority.make("a", "a.test")], {"default": {"sniStrict": True}})
    assert secure.subject("-servername", "a.test") == "a"
    assert "unrecognized name" in secure.s_client("-servername", "b.test")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed_for_the_same_name_only(fairlead, origin, authority, version, tmp_path):
    certificates = [authority.make("a", "a.test"), authority.make("b", "b.test")]
    secure = Secure(fairlead, origin, {"a": {"rule": "HostRegexp(`.*`)"}}, certificates)
    kept = str(tmp_path / "session")
    # The ticket of TLS 1.3 comes after the handshake: a request brings it.
    request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
    first = secure.s_client(version, "-servername", "a.test", "-sess_out", kept, "-ign_eof", send=request)
    assert "New, TLSv1." in first
    again = secure.s_client(version, "-servername", "a.test", "-sess_in", kept)
    assert "Reused, TLSv1." in again
    other = secure.s_client(version, "-servername", "b.test", "-sess_in", kept)
    assert "New, TLSv1." in other


def test_old_versions_and_renegotiation_are_refused(fairlead, origin, authority):
    secure = Secure(fairlead, origin, {"a": {"rule": "HostRegexp(`.*`)"}}, [authority.make("a", "a.test")])
    for version in ("-tls1", "-tls1_1"):
        text = secure.s_client(version, "-cipher", "ALL:@SECLEVEL=0", "-servername", "a.test")
        assert "alert protocol version" in text, text
    # "R" asks for a renegotiation.
    text = secure.s_client("-tls1_2", "-servername", "a.test", send="R\n")
    assert "no renegotiation" in text, text


def test_client_certificates_and_misdirected_requests(fairlead, origin, authority):
    authority.make("authority")
    authority.make("good", issuer="authority")
    authority.make("stranger")
    options = {"mtls": {"clientAuth": {"caFiles": [str(authority.folder / "authority.crt")]}}}
    routers = {"open": {"rule": "Host(`open.test`)"}, "closed": {"rule": "Host(`closed.test`)", "tls": {"options": "mtls"}}}
    secure = Secure(fairlead, origin, routers, [authority.make("server", "open.test", "closed.test")], options)

    def with_certificate(name):
        return ["--cert", str(authority.folder / f"{name}.crt"), "--key", str(authority.folder / f"{name}.key")]

    assert secure.curl("open.test")[0] == 200
    assert secure.curl("closed.test")[0] == 0
    assert secure.curl("closed.test", *with_certificate("stranger"))[0] == 0
    assert secure.curl("closed.test", *with_certificate("good"))[0] == 200
    # The name of the handshake decides who was asked for a certificate; Host may not say otherwise.
    assert secure.curl("open.test", "-H", "Host: closed.test")[0] == 421
    scrape = secure.server.api("/metrics", parse=False).decode()
    assert re.search(r"tls_client_certificate\D* 2\b", scrape), [one for one in scrape.splitlines() if "tls" in one]


def test_a_renewed_certificate_is_served_without_losing_a_connection(fairlead, origin, authority):
    pair = authority.make("a", "a.test")
    secure = Secure(fairlead, origin, {"a": {"rule": "Host(`a.test`)"}}, [pair])
    context = ssl._create_unverified_context()
    request = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
    with socket.create_connection(("127.0.0.1", secure.port)) as raw, context.wrap_socket(raw, server_hostname="a.test") as client:
        client.settimeout(10)
        client.sendall(request)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        # As a renewal does it: the files change, the configuration does not.
        authority.make("fresh", "a.test")
        (authority.folder / "fresh.crt").rename(pair["certFile"])
        (authority.folder / "fresh.key").rename(pair["keyFile"])
        wait_until(lambda: secure.subject("-servername", "a.test") == "fresh", "the renewed certificate", every=0.2)
        client.sendall(request)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_client_that_stalls_in_its_handshake_is_let_go(fairlead, origin, authority):
    secure = Secure(fairlead, origin, {"a": {"rule": "Host(`a.test`)"}}, [authority.make("a", "a.test")])
    with socket.create_connection(("127.0.0.1", secure.port)) as raw:
        raw.settimeout(15)
        raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        assert raw.recv(1) == b""
    assert secure.curl("a.test")[0] == 200


def test_a_large_body_passes_both_ways(fairlead, origin, authority, tmp_path):
    secure = Secure(fairlead, origin, {"a": {"rule": "Host(`a.test`)"}}, [authority.make("a", "a.test")])
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 40_000)
    status, text = secure.curl("a.test", "--data-binary", f"@{body}")
    assert status == 200, text
    assert secure.origin.requests[-1].body == body.read_bytes()
