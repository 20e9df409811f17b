"""Why a request goes where it goes: the explanation agrees with where requests really went, on random rule sets."""
import json
import os
import random
import subprocess
import threading
import urllib.parse

import pytest

from fairlead import BINARY, route
from wire import Connection, fetch

HOSTS = ["a.test", "b.test", "www.a.test", "c.test"]
PATHS = ["/", "/api", "/api/v1", "/api/v1/users", "/static/app.js", "/x/../api", "/%61pi", "/old//path", "/apiary"]
METHODS = ["GET", "POST", "PUT", "DELETE"]
SETS = 25 if os.environ.get("FAIRLEAD_BIG") == "1" else 4
REQUESTS = 400


def a_matcher(dice):
    return dice.choice([
        lambda: f"Host(`{dice.choice(HOSTS)}`)",
        lambda: f"HostRegexp(`^{dice.choice(['[a-c]', 'www', '.+'])}\\..*test$`)",
        lambda: f"PathPrefix(`{dice.choice(PATHS[:5])}`)",
        lambda: f"Path(`{dice.choice(PATHS[:5])}`)",
        lambda: f"PathRegexp(`^/{dice.choice(['api', 'static', '[a-z]+/v1'])}`)",
        lambda: f"Method(`{dice.choice(METHODS)}`)",
        lambda: f"Header(`X-Kind`, `{dice.choice(['one', 'two'])}`)",
        lambda: f"Query(`q`, `{dice.choice(['1', '2'])}`)",
    ])()


def a_rule(dice, depth=0):
    if depth > 2 or dice.random() < 0.4:
        return ("!" if dice.random() < 0.15 else "") + a_matcher(dice)
    inner = f" {dice.choice(['&&', '||'])} ".join(a_rule(dice, depth + 1) for _ in range(dice.randint(2, 3)))
    return f"({inner})" if depth else inner


def a_rule_set(dice):
    routers, middlewares = {}, {}
    for i in range(dice.randint(5, 60)):
        middlewares[f"mark{i}"] = {"headers": {"customResponseHeaders": {"X-Went-To": f"r{i}@file"}}}
        # A host first, or one rule with a "!" would swallow everything.
        routers[f"r{i}"] = {"rule": f"Host(`{dice.choice(HOSTS)}`) && ({a_rule(dice)})", "service": "noop@internal", "middlewares": [f"mark{i}"], "entryPoints": ["web"]}
        if dice.random() < 0.3:
            routers[f"r{i}"]["priority"] = dice.randint(1, 60)
    return {"http": {"routers": routers, "middlewares": middlewares}}


@pytest.mark.parametrize("seed", range(SETS))
def test_explanation_agrees_with_the_router_on_random_requests(fairlead, seed):
    dice = random.Random(seed)
    server = fairlead(dynamic=a_rule_set(dice))
    outcomes = set()
    with Connection(server.web, 20) as client, Connection(server.admin, 20) as api:
        for _ in range(REQUESTS):
            host, path, method = dice.choice(HOSTS + ["d.test"]), dice.choice(PATHS), dice.choice(METHODS)
            query = dice.choice(["", "?q=1", "?q=2"])
            kind = dice.choice(["", "one", "two"])
            answer = client.get(host, path + query, method=method,
                                headers=(f"X-Kind: {kind}\r\n" if kind else "") + "Content-Length: 0\r\n")
            asked = {"url": f"http://{host}:{server.web}{path}{query}", "method": method}
            if kind:
                asked["header"] = f"X-Kind: {kind}"
            said = json.loads(api.get("localhost", "/api/v1/explain?" + urllib.parse.urlencode(asked)).body)
            winner = said.get("winner", {}).get("router")
            assert winner == answer.get("x-went-to"), (asked, said, answer.raw)
            assert (winner is None) == (answer.status == 404)
            shown = [c["router"] for c in said["candidates"] if c["matched"]]
            assert shown[:1] == ([winner] if winner else [])
            outcomes.add(winner)
    assert len(outcomes) >= 2  # the rules did tell requests apart


def explain(server, *words):
    done = subprocess.run([str(BINARY), "explain", f"--api=127.0.0.1:{server.admin}", *words], capture_output=True, text=True,
                          timeout=20)
    return done.returncode, done.stdout + done.stderr


def test_the_command_names_what_stands_in_the_way(fairlead, origin):
    dynamic = route("app.test", origin().url)
    dynamic["http"]["routers"]["broken"] = {"rule": "Host(`broken.test`)", "service": "nowhere"}
    dynamic["http"]["routers"]["safe"] = {"rule": "Host(`safe.test`)", "service": "main", "tls": {}, "entryPoints": ["web"]}
    server = fairlead(dynamic=dynamic)
    code, text = explain(server, f"http://app.test:{server.web}/x")
    assert code == 0 and "matched: main@file" in text and "UP" in text
    code, text = explain(server, f"http://broken.test:{server.web}/")
    assert code == 1 and "broken@file would match, but is left out" in text and "nowhere@file" in text
    code, text = explain(server, f"http://safe.test:{server.web}/")
    assert code == 1 and "answers only HTTPS" in text
    code, text = explain(server, "-H", "no colon", "http://app.test/")
    assert code == 2 and "Name: value" in text


def test_the_tail_shows_requests_as_they_end(fairlead, origin):
    server = fairlead(dynamic=route("app.test", origin().url))
    with Connection(server.admin, 20) as watcher:
        watcher.send(b"GET /api/v1/tail?status=404 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        seen = b""
        while b": waiting" not in seen:
            seen += watcher.socket.recv(65536)
        fetch(server.web, "app.test", "/fine")
        fetch(server.web, "nobody.test", "/missing")
        while b"/missing" not in seen:
            seen += watcher.socket.recv(65536)
    assert b"no router matches" in seen and b"/fine" not in seen
    traffic = server.api("/api/v1/traffic")
    assert traffic["entryPoints"]["web"]["requests"] == 2
    assert traffic["services"]["main@file"]["requests"] == 1
