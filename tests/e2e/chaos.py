"""Servers that die, freeze and lie behind a proxy under a steady mixed load; what came of it. Used by test_failover.py and, beside
other proxies, by tests/bench/failover.py."""
import collections
import dataclasses
import pathlib
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

from docker_engine import compile_tool
from fairlead import free_port, wait_until

HOST = "chaos.localhost"
LIMIT_MS = 5000  # of the client


class Origin:
    """One of the servers, as a process; its records of what it executed survive it."""

    def __init__(self, folder, name):
        self.name, self.port = name, free_port()
        self.records = pathlib.Path(folder) / f"{name}.records"
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([compile_tool("chaos_origin"), str(self.port), self.name, self.records])
        wait_until(self.listens, f"{self.name} to listen", every=0.002)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def behave(self, mode):
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/mode/{mode}", method="POST", data=b""), timeout=5).read()

    def executed(self):
        """How often each POST was executed."""
        lines = self.records.read_text().splitlines() if self.records.exists() else []
        return collections.Counter(line.split()[1] for line in lines if line.startswith("POST "))

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


@dataclasses.dataclass
class Request:
    id: str
    method: str
    sent: float
    ended: float
    status: int
    name: str
    why: str

    @property
    def is_ok(self):
        return self.why == "ok"

    @property
    def ms(self):
        return (self.ended - self.sent) * 1000


@dataclasses.dataclass
class Result:
    """What one scenario showed. Times in milliseconds; None: it never came to that."""
    scenario: str
    requests: int = 0
    get_failed: int = 0
    post_failed: int = 0
    post_502: int = 0         # of those: answered with an error at once
    post_twice: int = 0       # executed more than once
    by_reason: dict = dataclasses.field(default_factory=dict)
    eject_ms: float | None = None   # event to the last request that it made slow or failed
    return_ms: float | None = None  # server well again to its first answer
    p99_ms: float = 0.0       # of the answers to requests sent in the 3 s after the event
    worst_ms: float = 0.0

    def line(self):
        def ms(value):
            return "never" if value is None else f"{value:.0f} ms"
        reasons = ", ".join(f"{count} {why}" for why, count in sorted(self.by_reason.items())) or "none"
        return (f"{self.scenario}: {self.requests} requests, failed {self.get_failed} GET {self.post_failed} POST ({reasons}), "
                f"POSTs executed twice {self.post_twice}, last affected after {ms(self.eject_ms)}, back after {ms(self.return_ms)}, "
                f"p99 {self.p99_ms:.0f} ms, slowest {self.worst_ms:.0f} ms")


# name: (what happens to the server, what ends it, seconds in between)
SCENARIOS = {
    "kill -9": (Origin.kill, Origin.start, 2.0),
    # Longer than a client waits.
    "SIGSTOP": (Origin.freeze, Origin.thaw, 6.5),
    "half a head": (lambda o: o.behave("half"), lambda o: o.behave("ok"), 2.0),
    "reset instead of a head": (lambda o: o.behave("reset"), lambda o: o.behave("ok"), 2.0),
    "accepts, never answers": (lambda o: o.behave("mute"), lambda o: o.behave("ok"), 6.5),
    "answers 500": (lambda o: o.behave("error"), lambda o: o.behave("ok"), 2.0),
    "resets after the head": (lambda o: o.behave("torn"), lambda o: o.behave("ok"), 2.0),
}
BEFORE, AFTER = 1.5, 2.5
SLOW_MS = 150.0


def parse(line):
    id, method, sent, ended, status, name, why = line.split()
    return Request(id, method, int(sent) / 1e9, int(ended) / 1e9, int(status), name, why)


def run(scenario, port, origins, rate, threads=48):
    """Loads `port` while something happens to the last of the servers. The proxy knows them all already."""
    begin_event, end_event, lasting = SCENARIOS[scenario]
    victim = origins[-1]
    for one in origins:
        one.records.write_text("")
    seconds = int(BEFORE + lasting + AFTER + 0.5)
    load = subprocess.Popen([compile_tool("chaos_loader"), str(port), HOST, str(rate), str(seconds), str(threads), str(LIMIT_MS)],
                            stdout=subprocess.PIPE, text=True)
    time.sleep(BEFORE)
    event = time.monotonic()
    begin_event(victim)
    time.sleep(lasting)
    end_event(victim)
    well = time.monotonic()
    out, _ = load.communicate(timeout=seconds + 30)
    return judge(scenario, [parse(line) for line in out.splitlines()], origins, event, well)


def judge(scenario, requests, origins, event, well):
    result = Result(scenario, requests=len(requests))
    failed = [r for r in requests if not r.is_ok]
    result.get_failed = sum(r.method == "GET" for r in failed)
    result.post_failed = sum(r.method == "POST" for r in failed)
    result.post_502 = sum(r.method == "POST" and r.status == 502 for r in failed)
    result.by_reason = dict(collections.Counter(str(r.status) if r.why == "wrong" else r.why for r in failed))
    executed = sum((one.executed() for one in origins), collections.Counter())
    result.post_twice = sum(times > 1 for times in executed.values())
    # Slow by the measure of this machine at this moment.
    calm = [r.ms for r in requests if r.ended < event]
    slow = max(SLOW_MS, 3 * statistics.quantiles(calm, n=100)[98])
    affected = [r.sent for r in requests if event - 0.05 <= r.sent < well and (not r.is_ok or r.ms > slow)]
    result.eject_ms = max(0.0, (max(affected, default=event) - event) * 1000)
    victim = origins[-1].name
    back = [r.ended for r in requests if r.name == victim and r.sent >= well]
    result.return_ms = (min(back) - well) * 1000 if back else None
    during = [r.ms for r in requests if event <= r.sent <= event + 3]
    result.p99_ms = statistics.quantiles(during, n=100)[98]
    result.worst_ms = max(during)
    return result
