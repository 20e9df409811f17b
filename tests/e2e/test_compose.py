"""Compose files as users have them: Traefik's introduction with another image name, and the examples of deploy/."""
import json
import re
import shutil
import subprocess

import pytest

from docker_engine import PROJECT, WHOAMI_IMAGE
from fairlead import ROOT, free_port, is_free, wait_until
from wire import fetch

IMAGE = "fairlead:e2e"
# The image holds the release binary; under sanitizers there is no image to look at.
pytestmark = pytest.mark.release_only


@pytest.fixture(scope="module")
def image(engine_session):
    """The runtime image from the binary in build/, as `make image` makes it."""
    engine_session.base_image()
    before = engine_session.docker("images", "-q", IMAGE)
    subprocess.run([ROOT / "scripts/image.sh", IMAGE], check=True, env=engine_session.environment, stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1200)
    if before and before != engine_session.docker("images", "-q", IMAGE):
        engine_session.docker("rmi", before, check=False)
    return IMAGE


@pytest.fixture
def compose(engine, request):
    """compose(file, **environment) brings a file up and returns a way to give further commands; down at the end."""
    program = ["docker-compose"] if shutil.which("docker-compose") else [engine.client, "compose"]
    up = []

    def start(path, **environment):
        project = f"{PROJECT}{engine.run_id}{len(up)}"

        def command(*words):
            done = subprocess.run([*program, "-p", project, "-f", str(path), *words], text=True, stdin=subprocess.DEVNULL, timeout=180,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**engine.environment, **environment})
            assert done.returncode == 0, done.stdout[-3000:]
            return done.stdout
        up.append(command)
        command("up", "-d")
        command.project = project
        return command

    yield start
    for command in up:
        if getattr(request.node, "failed", False):
            print(command("logs", "--no-color"))
        command("down", "-v", "--remove-orphans")


def answer(port, host, path="/"):
    try:
        return fetch(port, host, path)
    except (OSError, EOFError):
        return None


def ok(port, host, path="/"):
    got = answer(port, host, path)
    return got if got and got.status == 200 else None


def health(engine, container):
    return engine.docker("inspect", "-f", "{{.State.Health.Status}}", container)


def test_traefiks_introduction_works_with_another_image_name(engine, image, compose, tmp_path):
    text = (ROOT / "tests/e2e/compose/getting-started.yml").read_text().replace("traefik:v3.7", image)
    web, api = 80, 8080
    if not (is_free(80) and is_free(8080)):
        # A developer's machine may have something there; the gate's has not.
        web, api = free_port(), free_port()
        text = text.replace('"80:80"', f'"{web}:80"').replace('"8080:8080"', f'"{api}:8080"')
    if not engine.has_image("traefik/whoami:latest"):
        engine.docker("tag", WHOAMI_IMAGE, "traefik/whoami:latest")
    path = tmp_path / "docker-compose.yml"
    path.write_text(text)
    command = compose(path)
    first = wait_until(lambda: ok(web, "whoami.docker.localhost"), "whoami through the proxy", timeout=60)
    assert b"Hostname: " in first.body
    assert answer(web, "nobody.docker.localhost").status == 404
    routers = json.loads(wait_until(lambda: ok(api, "localhost", "/api/rawdata"), "the API").body)
    assert "whoami@docker" in routers["routers"]
    container = command("ps", "-q", "reverse-proxy").strip()
    wait_until(lambda: health(engine, container) == "healthy", "health without --ping", timeout=60, every=0.5)
    # The introduction's next step: a second instance, and both answer.
    command("up", "-d", "--scale", "whoami=2")

    def names():
        return {re.search(rb"Hostname: (\S+)", got.body).group(1) for got in [ok(web, "whoami.docker.localhost") for _ in range(8)] if got}
    wait_until(lambda: len(names()) == 2, "both instances to answer", timeout=60)


def test_image_runs_unprivileged_and_its_health_is_known(engine, image, compose):
    web, api = free_port(), free_port()
    command = compose(ROOT / "deploy/compose/compose.yml", FAIRLEAD_IMAGE=image, WEB_PORT=str(web), API_PORT=str(api))
    wait_until(lambda: ok(web, "whoami.docker.localhost"), "whoami", timeout=60)
    shop = wait_until(lambda: ok(web, "shop.docker.localhost", "/api/cart"), "shop", timeout=60)
    assert b"GET /cart" in shop.body
    container = command("ps", "-q", "fairlead").strip()
    user = engine.docker("exec", container, "sh", "-c", "grep -E '^(Uid|CapEff):' /proc/1/status")
    assert "65532" in user and int(user.split()[-1], 16) in (0, 1 << 10), user
    wait_until(lambda: health(engine, container) == "healthy", "health", timeout=60, every=0.5)


def test_sidecar_example_serves_the_application_beside_it(engine, image, compose):
    port = free_port()
    compose(ROOT / "deploy/sidecar/compose.yml", FAIRLEAD_IMAGE=image, SIDECAR_PORT=str(port))
    got = wait_until(lambda: ok(port, "any.example"), "the application", timeout=60)
    assert b"Name: app" in got.body and b"X-Forwarded-For: " in got.body
    assert got["x-served-through"] == "sidecar"
