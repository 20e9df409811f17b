"""Fixtures of the end-to-end suites: Fairlead processes, origins, the Docker engine."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import docker_engine  # noqa: E402
import fairlead as harness  # noqa: E402
import wire  # noqa: E402


def pytest_sessionstart(session):
    if not harness.BINARY.exists():
        pytest.exit(f"{harness.BINARY} is missing: 'make build' makes it (FAIRLEAD=path names another)", returncode=2)


def pytest_configure(config):
    config.addinivalue_line("markers", "release_only: about the release binary's image; not collected under sanitizers")


def pytest_collection_modifyitems(config, items):
    if harness.SANITIZED:
        gone = [item for item in items if item.get_closest_marker("release_only")]
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


@pytest.fixture
def fairlead(tmp_path):
    """Starts Fairleads: fairlead(dynamic=…, static=…). Each is ended with the test, and must end cleanly."""
    started = []

    def start(ready=True, **options):
        folder = tmp_path / f"fairlead-{len(started)}"
        folder.mkdir()
        server = harness.Fairlead(folder, **options)
        started.append(server)
        return server.start(ready=ready)

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def origin():
    """Starts origins: origin(handler=None)."""
    started = []

    def start(handler=None, **options):
        started.append(wire.Origin(handler, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def engine_session():
    engine = docker_engine.Engine()
    try:
        engine.start()
        engine.whoami_image()
    except docker_engine.EngineUnavailable as problem:
        if os.environ.get("CI") == "true":
            pytest.fail(str(problem))
        pytest.skip(str(problem))
    yield engine
    engine.clean()
    engine.stop()


@pytest.fixture
def engine(engine_session):
    """The Docker engine; the containers and networks a test leaves are removed."""
    yield engine_session
    engine_session.clean()


_figures = []


@pytest.fixture
def figures():
    """figures(text): a measurement for the end of the run's report."""
    return _figures.append


def pytest_terminal_summary(terminalreporter):
    if _figures:
        terminalreporter.section("figures")
        for text in _figures:
            terminalreporter.line(text)
