"""A real Docker engine for the tests: the machine's own when one answers, else a dockerd started (and ended) here.

Also a command, so that the images can be made while something else compiles:  docker_engine.py prepare
"""
import contextlib
import fcntl
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
SOCKET = "/var/run/docker.sock"
STATE = pathlib.Path("/run/fairlead-e2e-docker")
BASE_IMAGE = "debian:bookworm-slim"
WHOAMI_IMAGE = "fairlead-e2e/whoami:latest"
CHECKED_IMAGE = "fairlead-e2e/whoami:checked"  # the same with a health check
LABEL = "fairlead.e2e"
PROJECT = "fairleade2e"  # Compose projects begin with it


class EngineUnavailable(Exception):
    """No engine answers and none could be started; the message says why."""


def compile_tool(name, static=False):
    """One of tools/*.c, compiled into the cache folder; compiled again only when its source is newer."""
    source = HERE / "tools" / f"{name}.c"
    folder = pathlib.Path(tempfile.gettempdir()) / f"fairlead-e2e-tools-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    binary = folder / name
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("clang-19") or shutil.which("cc")
        scratch = folder / f"{name}.{os.getpid()}"
        subprocess.run([compiler, "-O2", "-pthread", *(["-static"] if static else []), str(source), "-o", str(scratch)], check=True)
        scratch.rename(binary)
    return binary


@contextlib.contextmanager
def exclusive(name):
    """Only one process at a time past here: `prepare` may run beside a pytest that was started by hand."""
    path = pathlib.Path(tempfile.gettempdir()) / f"fairlead-e2e-{os.getuid()}-{name}.lock"
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Engine:
    """The docker command line, plus a label on everything made here so that all of it can be removed."""

    def __init__(self):
        # The distribution's client speaks its own engine's language; any other client will do where it is missing.
        self.client = "/usr/bin/docker" if os.path.exists("/usr/bin/docker") else shutil.which("docker") or "docker"
        self.environment = dict(os.environ, DOCKER_BUILDKIT="0", DOCKER_HOST=f"unix://{SOCKET}")
        self.run_id = uuid.uuid4().hex[:8]
        self.daemon = None

    def docker(self, *arguments, check=True, timeout=120, **options):
        result = subprocess.run([self.client, *map(str, arguments)], env=self.environment, timeout=timeout, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if check and result.returncode != 0:
            raise RuntimeError(f"docker {' '.join(map(str, arguments))}: {result.stderr.strip()[-1500:]}")
        return result.stdout.strip()

    def answers(self):
        with contextlib.suppress(Exception):
            return bool(self.docker("version", "--format", "{{.Server.Version}}", timeout=10))
        return False

    def start(self):
        """The running engine, or one of our own with its state in a folder of its own."""
        if self.answers():
            return self
        if os.getuid() != 0:
            raise EngineUnavailable("no Docker engine answers, and only root can start one")
        if not shutil.which("dockerd"):
            raise EngineUnavailable("no Docker engine answers, and dockerd is not installed (scripts/deps.sh test)")
        shutil.rmtree(STATE, ignore_errors=True)
        STATE.mkdir(parents=True)
        with open(STATE / "log", "w") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "-H", f"unix://{SOCKET}", "--exec-root", str(STATE / "exec"), "--pidfile", str(STATE / "pid")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.daemon.poll() is None:
            if self.answers():
                self.clean_leftovers()
                return self
            time.sleep(0.1)
        tail = (STATE / "log").read_text()[-1500:]
        self.stop()
        raise EngineUnavailable(f"dockerd did not come up:\n{tail}")

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
        self.daemon = None

    def has_image(self, image):
        return bool(self.docker("images", "-q", image))

    def base_image(self):
        """debian:bookworm-slim: what is there, else made from Debian's packages (no registry is asked)."""
        with exclusive("base-image"):
            if self.has_image(BASE_IMAGE):
                return BASE_IMAGE
            with tempfile.TemporaryDirectory(prefix="fairlead-rootfs-") as folder:
                made = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder], text=True, timeout=600,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if made.returncode != 0:
                    raise EngineUnavailable(f"debootstrap failed:\n{made.stdout[-1500:]}")
                # The packages' own archives would be half of the image.
                for waste in ("var/cache/apt/archives", "usr/share/doc", "usr/share/man", "usr/share/locale"):
                    shutil.rmtree(pathlib.Path(folder) / waste, ignore_errors=True)
                (pathlib.Path(folder) / "var/cache/apt/archives/partial").mkdir(parents=True)
                tar = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
                subprocess.run([self.client, "import", "-", BASE_IMAGE], env=self.environment, stdin=tar.stdout, check=True,
                               stdout=subprocess.DEVNULL, timeout=300)
                tar.wait()
        return BASE_IMAGE

    def whoami_image(self):
        """An image that holds one static program and exposes port 80."""
        with exclusive("whoami-image"):
            binary = compile_tool("whoami", static=True)
            source = hashlib.sha256((HERE / "tools" / "whoami.c").read_bytes()).hexdigest()
            if all(self.docker("images", "-q", "--filter", f"label=fairlead.source={source}", image) for image in (WHOAMI_IMAGE, CHECKED_IMAGE)):
                return WHOAMI_IMAGE
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w") as tar:
                tar.add(binary, "whoami")
            plain = ['ENTRYPOINT ["/whoami"]', "EXPOSE 80", f"LABEL fairlead.source={source}"]
            self.load(archive.getvalue(), WHOAMI_IMAGE, plain)
            self.load(archive.getvalue(), CHECKED_IMAGE, [*plain, 'HEALTHCHECK --interval=1s --retries=1 CMD ["/whoami", "--probe"]'])
        return WHOAMI_IMAGE

    def load(self, archive, image, changes):
        """An image of one archive; `changes` are Dockerfile instructions."""
        options = [word for change in changes for word in ("--change", change)]
        done = subprocess.run([self.client, "import", *options, "-", image], env=self.environment, input=archive, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())

    def prepare(self):
        self.start()
        self.base_image()
        self.whoami_image()

    # ---- what tests use ----

    @property
    def constraint(self):
        """Makes a Fairlead see the containers of this run alone."""
        return f"Label(`{LABEL}`,`{self.run_id}`)"

    def container(self, name, *arguments, labels=None, image=WHOAMI_IMAGE, network=None, start=True):
        """Starts (or only creates) a container called NAME plus the run's id; returns that full name."""
        full = f"{name}-{self.run_id}"
        options = ["--name", full, "--label", f"{LABEL}={self.run_id}", "-e", f"NAME={name}"]
        for key, value in (labels or {}).items():
            options += ["--label", f"{key}={value}"]
        if network:
            options += ["--network", network]
        self.docker(*(["run", "-d"] if start else ["create"]), *options, *arguments, image)
        return full

    def network(self, name):
        full = f"{name}-{self.run_id}"
        self.docker("network", "create", "--label", f"{LABEL}={self.run_id}", full)
        return full

    def clean(self):
        ours = f"label={LABEL}={self.run_id}"
        for container in self.docker("ps", "-aq", "--filter", ours).split():
            self.docker("rm", "-f", "-v", container, check=False)
        for network in self.docker("network", "ls", "-q", "--filter", ours).split():
            self.docker("network", "rm", network, check=False)

    def clean_leftovers(self):
        """What a run that was killed left in an engine that is ours alone: its containers would take part in this one."""
        for container in self.docker("ps", "-a", "--format", "{{.ID}} {{.Names}}").splitlines():
            number, name = container.split(maxsplit=1)
            if name.startswith(PROJECT) or self.docker("inspect", "-f", f'{{{{index .Config.Labels "{LABEL}"}}}}', number, check=False):
                self.docker("rm", "-f", "-v", number, check=False)
        for network in self.docker("network", "ls", "--format", "{{.Name}}").splitlines():
            if network.startswith(PROJECT):
                self.docker("network", "rm", network, check=False)

    def events(self, since_ns, *filters):
        """Container events since a time, as (timeNano, action, container name); waits for nothing."""
        until = time.time()
        lines = self.docker("events", "--since", f"{since_ns / 1e9:.9f}", "--until", f"{until:.9f}", "--format", "{{json .}}",
                            "--filter", "type=container", *[word for f in filters for word in ("--filter", f)])
        found = [json.loads(line) for line in lines.splitlines()]
        return [(e["timeNano"], e["Action"], e["Actor"]["Attributes"].get("name", "")) for e in found]


def main():
    if sys.argv[1:] != ["prepare"]:
        sys.exit(__doc__)
    engine = Engine()
    try:
        engine.prepare()
    except (EngineUnavailable, RuntimeError, subprocess.SubprocessError) as problem:
        sys.exit(f"docker_engine: {problem}")


if __name__ == "__main__":
    main()
