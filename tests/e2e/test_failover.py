"""One of three servers dies, freezes or lies under a steady mix of GET and POST, with no option named: nobody outside notices."""
import pytest

import chaos
import wire
from fairlead import SANITIZED, route, wait_until

RATE = 100 if SANITIZED else 300
# What a loaded gate can hold; the figures themselves are printed at the end of the run.
SOON_MS = 5000 if SANITIZED else 1000


@pytest.fixture
def origins(tmp_path):
    three = [chaos.Origin(tmp_path, name) for name in ("first", "second", "third")]
    yield three
    for one in three:
        one.close()


@pytest.fixture
def server(fairlead, origins):
    return fairlead(dynamic=route(chaos.HOST, *(one.url for one in origins)), workers=2)


def is_up(server, origin):
    return server.api("/api/http/services/main@file")["serverStatus"][origin.url] == "UP"


def run(scenario, server, origins, figures):
    result = chaos.run(scenario, server.web, origins, RATE)
    figures(f"{RATE} requests/s, {result.line()}")
    assert result.post_twice == 0
    return result


def test_killed_server_costs_no_request(server, origins, figures):
    result = run("kill -9", server, origins, figures)
    assert result.get_failed == 0
    # Caught in the middle of being executed: nobody may say that they were not.
    assert result.post_failed == result.post_502 <= 10
    assert result.eject_ms < SOON_MS
    assert result.return_ms is not None and result.return_ms < SOON_MS


def test_frozen_server_costs_no_get_and_doubles_no_post(server, origins, figures):
    result = run("SIGSTOP", server, origins, figures)
    assert result.get_failed == 0
    # Those that it had accepted before anybody could know.
    assert result.post_failed <= RATE / 4 / 3 * SOON_MS / 1000
    assert result.eject_ms < SOON_MS
    assert result.return_ms is not None and result.return_ms < SOON_MS


@pytest.mark.parametrize("scenario", ["half a head", "reset instead of a head"])
def test_broken_answers_cost_no_get(server, origins, figures, scenario):
    result = run(scenario, server, origins, figures)
    assert result.get_failed == 0
    assert result.post_failed == result.post_502
    assert result.eject_ms < SOON_MS


def test_server_that_accepts_and_never_answers_costs_no_get(server, origins, figures):
    result = run("accepts, never answers", server, origins, figures)
    assert result.get_failed == 0
    assert result.eject_ms < SOON_MS


def test_server_that_answers_with_errors_goes_out(server, origins, figures):
    """Its answers are answers: they are passed on until it is plain that its peers do better."""
    result = run("answers 500", server, origins, figures)
    assert 0 < result.get_failed + result.post_failed < 60
    assert set(result.by_reason) == {"500"}


def test_server_that_resets_after_the_head_is_told_from_the_others(server, origins, figures):
    """The client has the head already: that answer is lost, and the server is found out by it."""
    result = run("resets after the head", server, origins, figures)
    assert result.by_reason.keys() <= {"broken", "wrong"}
    # Three in a row say enough; what was under way besides is lost with them.
    assert result.get_failed + result.post_failed < 40


def test_state_of_servers_is_seen_and_survives_a_change(server, origins):
    origins[0].kill()
    wait_until(lambda: server.api("/api/http/services/main@file") and not_all_up(server, origins), "the dead server to be seen")
    text = server.log()
    assert text.count("server is out of service") == 1
    changed = route(chaos.HOST, *(one.url for one in origins))
    changed["http"]["routers"]["other"] = {"rule": "Host(`other.localhost`)", "service": "main"}
    version = server.api("/api/version")
    server.write_dynamic(changed)
    wait_until(lambda: server.api("/api/http/routers/other@file"), "the change")
    assert not is_up(server, origins[0]), version
    metrics = server.api("/metrics", parse=False)
    if metrics is not None:
        assert f'traefik_service_server_up{{service="main@file",url="{origins[0].url}"}} 0'.encode() in metrics
    origins[0].start()
    wait_until(lambda: is_up(server, origins[0]), "the server to be back")
    assert server.log().count("server is back in service") == 1


def not_all_up(server, origins):
    wire.fetch(server.web, chaos.HOST)
    return not is_up(server, origins[0])


def test_body_is_sent_again_where_that_is_harmless(server, origins):
    """A PUT may be executed twice and goes elsewhere with its whole body; a POST may not."""
    origins[-1].behave("reset")
    body = b"x" * 8_000
    length = f"Content-Length: {len(body)}\r\n"
    answers = []
    for number in range(8):
        with wire.Connection(server.web) as client:
            put = client.get(chaos.HOST, "/item", "PUT", f"X-Request-Id: put{number}\r\n{length}", body)
            post = client.get(chaos.HOST, "/item", "POST", f"X-Request-Id: post{number}\r\n{length}", body)
        assert put.status == 200 and put.body.endswith(b" put%d" % number)
        answers.append(post.status)
    assert set(answers) <= {200, 502}
    assert answers[-1] == 200, "three broken connections are enough to know"
