"""Containers come, go, move and die under a constant load of 1,000 requests a second: routes follow, nothing else notices.

Times run from the engine's own stamp of the event to the first answer that shows the new state, both on CLOCK_REALTIME.
"""
import contextlib
import statistics
import subprocess
import time

import pytest

from docker_engine import CHECKED_IMAGE, compile_tool
from fairlead import SANITIZED, wait_until
from wire import fetch

RATE = 200 if SANITIZED else 1000
# What a loaded gate can hold; the figures themselves are printed at the end of the run.
LONGEST_MS, MEDIAN_MS = (5000, 2000) if SANITIZED else (1000, 200)
ROUNDS = 3 if SANITIZED else 6


class Flow:
    """The loader at one host, from now until stop(); then `records` has (sent_ns, received_ns, status, name)."""

    def __init__(self, port, host, rate=RATE, seconds=50, threads=8):
        self.process = subprocess.Popen([compile_tool("loader"), str(port), host, "/", str(rate), str(seconds), str(threads)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.records = []

    def stop(self):
        if not self.records:
            self.process.terminate()
            out, _ = self.process.communicate(timeout=30)
            self.records = [(int(a), int(b), int(c), d) for a, b, c, d in (line.split() for line in out.splitlines())]
        return self.records

    def failures(self):
        return [r for r in self.records if r[2] != 200]

    def names(self):
        return {r[3] for r in self.records if r[2] == 200}


@contextlib.contextmanager
def flow(server, host, **options):
    running = Flow(server.web, host, **options)
    try:
        yield running
    finally:
        running.stop()


def labels(app):
    return {f"traefik.http.routers.{app}.rule": f"Host(`{app}.example`)",
            f"traefik.http.services.{app}.loadbalancer.server.port": "80"}


@pytest.fixture
def watching(fairlead, engine):
    """A Fairlead that sees this run's containers, and a steady service that every test keeps under load."""
    engine.container("steady", labels=labels("steady"))
    server = fairlead(static={"providers": {"docker": {"endpoint": "unix:///var/run/docker.sock", "constraints": engine.constraint}}})
    assert fetch(server.web, "steady.example").status == 200
    return server


def status(server, host, timeout=20):
    """The status of one request; 0 when no answer came in time."""
    try:
        return fetch(server.web, host, timeout=timeout).status
    except (OSError, EOFError):
        return 0


def let_load_see(milliseconds=50):
    """Lets the load go on for a moment, so that its records show what a single request has just seen."""
    end = time.monotonic() + milliseconds / 1000
    wait_until(lambda: time.monotonic() > end, "the moment to pass")


def event_time(engine, since, action, name):
    """The engine's stamp of the latest such event."""
    found = [at for at, what, who in engine.events(since, f"container={name}") if what == action]
    assert found, f"no {action} event of {name}"
    return found[-1]


def delay_ms(records, since, shows):
    """From an event to the first answer, of a request answered after it, that shows the new state."""
    after = [r for r in records if r[1] >= since]
    first = next((r for r in after if shows(r)), None)
    assert first, "the load never saw the new state"
    return (first[1] - since) / 1e6


def judge(figures, what, delays):
    middle = statistics.median(delays)
    figures(f"{what}: median {middle:.1f} ms, longest {max(delays):.1f} ms ({len(delays)} events, {RATE} requests/s)")
    assert max(delays) < LONGEST_MS and middle < MEDIAN_MS, delays


def test_routes_follow_starts_and_stops(watching, engine, figures):
    starts, stops = [], []
    with flow(watching, "steady.example") as steady:
        for number in range(ROUNDS):
            app = f"app{number}"
            name = engine.container(app, labels=labels(app), start=False)
            since = time.time_ns()
            # Many slow threads: a request caught by the container's end may wait, and others must tell when the route goes.
            with flow(watching, f"{app}.example", rate=500, threads=48) as probe:
                engine.docker("start", name)
                wait_until(lambda: status(watching, f"{app}.example") == 200, "the route")
                engine.docker("stop" if number % 2 else "kill", name)
                wait_until(lambda: status(watching, f"{app}.example") == 404, "the route to go")
                let_load_see()
            starts.append(delay_ms(probe.records, event_time(engine, since, "start", name), lambda r: r[2] not in (0, 404)))
            stops.append(delay_ms(probe.records, event_time(engine, since, "die", name), lambda r: r[2] == 404))
    judge(figures, "container started, route there", starts)
    judge(figures, "container ended, route gone", stops)
    assert steady.failures() == []


def test_scaling_to_five_and_back_loses_no_request(watching, engine, figures):
    engine.container("scaled0", labels=labels("scaled"))
    more = [engine.container(f"scaled{n}", labels=labels("scaled"), start=False) for n in range(1, 5)]
    wait_until(lambda: status(watching, "scaled.example") == 200, "the first replica")
    since = time.time_ns()
    with flow(watching, "scaled.example") as load:
        engine.docker("start", *more)
        seen = set()

        def all_five():
            seen.add(fetch(watching.web, "scaled.example").body)
            return len(seen) == 5
        wait_until(all_five, "five replicas")
        engine.docker("stop", *more)
        wait_until(lambda: len({fetch(watching.web, "scaled.example").body for _ in range(10)}) == 1, "one replica")
    assert load.names() == {f"scaled{n}" for n in range(5)}
    joined = [delay_ms(load.records, event_time(engine, since, "start", name), lambda r, n=n: r[3] == f"scaled{n}")
              for n, name in enumerate(more, 1)]
    figures(f"replica started, first request to it: median {statistics.median(joined):.1f} ms, longest {max(joined):.1f} ms")
    figures(f"scaled 1 to 5 to 1: {len(load.records)} requests, {len(load.failures())} failed")
    assert load.failures() == []


def test_killed_replica_costs_at_most_what_was_in_flight(watching, engine, figures):
    engine.container("victim0", labels=labels("victim"))
    doomed = engine.container("victim1", labels=labels("victim"))
    seen = set()
    wait_until(lambda: seen.add(fetch(watching.web, "victim.example").body) or len(seen) == 2, "both replicas")
    with flow(watching, "victim.example", threads=8) as load:
        let_load_see(300)
        engine.docker("kill", doomed)
        wait_until(lambda: len({fetch(watching.web, "victim.example").body for _ in range(10)}) == 1, "one replica")
        let_load_see(300)
    longest = max(r[1] - r[0] for r in load.records) / 1e6
    figures(f"replica killed: {len(load.records)} requests, {len(load.failures())} failed, slowest {longest:.0f} ms")
    # The loader has eight connections, so at most eight requests were in flight.
    assert len(load.failures()) <= 8
    assert load.names() == {"victim0", "victim1"}


def test_rename_moves_the_default_route(watching, engine, figures):
    name = engine.container("old")
    fresh = f"fresh-{engine.run_id}"
    wait_until(lambda: status(watching, name) == 200, "the default route")
    with flow(watching, "steady.example") as steady:
        since = time.time_ns()
        with flow(watching, fresh, rate=500, threads=48) as probe:
            engine.docker("rename", name, fresh)
            wait_until(lambda: status(watching, fresh) == 200 and status(watching, name) == 404, "the new name")
            let_load_see()
        stamps = [at for at, what, _ in engine.events(since) if what == "rename"]
    judge(figures, "container renamed, new default route there", [delay_ms(probe.records, stamps[-1], lambda r: r[2] == 200)])
    assert steady.failures() == []


def test_moving_between_networks_is_followed(watching, engine, figures):
    first, second = engine.network("first"), engine.network("second")
    name = engine.container("mover", labels=labels("mover"), network=first)
    wait_until(lambda: status(watching, "mover.example") == 200, "the route")
    with flow(watching, "steady.example") as steady:
        engine.docker("network", "connect", second, name)
        engine.docker("network", "disconnect", first, name)
        begin = time.time_ns()
        wait_until(lambda: status(watching, "mover.example", timeout=0.5) == 200, "an answer over the other network")
        took = (time.time_ns() - begin) / 1e6
    figures(f"container moved to another network, answers again {took:.0f} ms after the command")
    assert steady.failures() == []


def test_unhealthy_container_leaves_and_returns(watching, engine):
    """Docker's own health check decides; until its first verdict there is no route."""
    name = engine.container("sick", labels=labels("sick"), image=CHECKED_IMAGE)
    wait_until(lambda: status(watching, "sick.example") == 200, "the healthy container's route", timeout=30)
    fetch(watching.web, "sick.example", "/unhealthy")
    wait_until(lambda: status(watching, "sick.example") == 404, "the route to go", timeout=30)
    assert engine.docker("inspect", "-f", "{{.State.Running}}", name) == "true"


def test_broken_labels_leave_the_others_alone(watching, engine):
    engine.container("broken", labels={"traefik.http.routers.broken.rule": "Hots(`broken.example`)"})
    engine.container("whole", labels=labels("whole"))
    wait_until(lambda: status(watching, "whole.example") == 200, "the good container's route")
    wait_until(lambda: "broken" in watching.log(), "a word about the broken one")
    assert status(watching, "steady.example") == 200


def test_restart_serves_what_runs_already(watching, engine, fairlead):
    """A new process is ready only once it knows the containers: no 404 after /ready."""
    again = fairlead(static={"providers": {"docker": {"endpoint": "unix:///var/run/docker.sock", "constraints": engine.constraint}}})
    assert status(again, "steady.example") == 200
