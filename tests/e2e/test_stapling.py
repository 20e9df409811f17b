"""OCSP answers stapled to handshakes, from OpenSSL's own responder."""
import pathlib
import re
import subprocess

import pytest

from fairlead import free_port, wait_until

HOST = "a.example"


class Authority:
    """A certificate authority in a folder, with a responder that can be switched on and off."""

    def __init__(self, folder):
        self.folder, self.port, self.process = pathlib.Path(folder), free_port(), None
        (self.folder / "index.txt").write_text("")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
                 "ca.crt", "-days", "30", "-subj", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def make(self, name, serial, extra=""):
        (self.folder / f"{name}.ext").write_text(
            f"subjectAltName=DNS:{HOST}\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:{self.port}/\n{extra}")
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                 "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", str(serial), "-days",
                 "20", "-extfile", f"{name}.ext", "-out", f"{name}.leaf")
        chain = (self.folder / f"{name}.leaf").read_text() + (self.folder / "ca.crt").read_text()
        (self.folder / f"{name}.crt").write_text(chain)
        return {"certFile": str(self.folder / f"{name}.crt"), "keyFile": str(self.folder / f"{name}.key")}

    def know(self, name, serial, status="V"):
        """Enters a certificate into the authority's register."""
        revoked = "260101000000Z" if status == "R" else ""
        line = f"{status}\t400101000000Z\t{revoked}\t{serial:02X}\tunknown\t/CN={name}\n"
        with open(self.folder / "index.txt", "a") as index:
            index.write(line)

    def answer(self):
        self.process = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(self.port), "-index", "index.txt", "-CA", "ca.crt", "-rsigner", "ca.crt", "-rkey",
             "ca.key", "-ndays", "1", "-ignore_err"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def silence(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "authority"
    folder.mkdir()
    made = Authority(folder)
    yield made
    made.silence()


def start(fairlead, certificate, **options):
    return fairlead(static={"entryPoints": {"web": {"http": {"tls": {}}}}, **options},
                    dynamic={"http": {"routers": {"a": {"rule": f"Host(`{HOST}`)", "service": "noop@internal"}}},
                             "tls": {"certificates": [certificate]}})


def status(server, *arguments):
    """What a client learns of the certificate's standing in the handshake."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.web}", "-servername", HOST, "-status",
                           *arguments], input="Q\n", capture_output=True, text=True, timeout=20)
    if "OCSP response: no response sent" in done.stdout:
        return None
    found = re.search(r"Cert Status: (\w+)", done.stdout)
    return found.group(1) if found else done.stdout + done.stderr


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_authoritys_answer_comes_with_the_handshake(fairlead, authority, version):
    certificate = authority.make("good", 17)
    authority.know("good", 17)
    authority.answer()
    server = start(fairlead, certificate)
    wait_until(lambda: status(server, version), "a stapled answer")
    assert status(server, version) == "good"


def test_an_answer_outlives_the_process_and_the_responder(fairlead, authority):
    certificate = authority.make("good", 17)
    authority.know("good", 17)
    authority.answer()
    server = start(fairlead, certificate)
    wait_until(lambda: status(server) == "good", "a stapled answer")
    server.stop()
    authority.silence()
    server.start()
    assert status(server) == "good"


def test_a_responder_that_is_away_delays_nothing(fairlead, authority):
    server = start(fairlead, authority.make("lonely", 18, "tlsfeature=status_request\n"))
    assert status(server) is None
    wait_until(lambda: "no OCSP answer for a certificate" in server.log(), "the warning")
    assert "demands a stapled OCSP answer" in server.log()


def test_answers_that_are_not_good_are_not_shown(fairlead, authority):
    certificate = authority.make("bad", 19)
    authority.know("bad", 19, "R")
    authority.answer()
    server = start(fairlead, certificate)
    wait_until(lambda: "the certificate is revoked; replace it" in server.log(), "the warning")
    assert status(server) is None


def test_another_responder_may_be_named(fairlead, authority):
    certificate = authority.make("good", 17)
    named = authority.port
    authority.port = free_port()
    authority.know("good", 17)
    authority.answer()
    server = start(fairlead, certificate,
                   ocsp={"responderOverrides": {f"http://127.0.0.1:{named}/": f"http://127.0.0.1:{authority.port}/"}})
    wait_until(lambda: status(server) == "good", "a stapled answer")
