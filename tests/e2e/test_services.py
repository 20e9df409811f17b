"""Sessions, strategies and services made of services, through the real process and real sockets."""
import copy
import hashlib

import pytest

from fairlead import wait_until
from wire import Connection, fetch, read_request, reply

HOST = "a.example"


def post(server, body):
    return fetch(server.web, HOST, method="POST", headers=f"Content-Length: {len(body)}\r\n", body=body)


def named(name, status="200 OK"):
    """A handler that answers every request with this name."""
    def handler(connection):
        while True:
            read_request(connection)
            connection.send(reply(name, status))
    return handler


def document(service, **services):
    """A router to `service`, and services by name; a list of URLs is a plain load balancer."""
    made = {}
    for name, spec in services.items():
        is_list = isinstance(spec, list)
        made[name] = {"loadBalancer": {"servers": [{"url": url} for url in spec]}} if is_list else spec
    return {"http": {"routers": {"main": {"rule": f"Host(`{HOST}`)", "service": service}}, "services": made}}


def sticky(*urls, **server):
    servers = [{"url": url} for url in urls]
    return {"loadBalancer": {"sticky": {"cookie": {"name": "s", "httpOnly": True}}, "servers": servers}}


def get(server, cookie=None, headers="", **options):
    if cookie:
        headers += f"Cookie: {cookie}\r\n"
    answer = fetch(server.web, HOST, headers=headers, **options)
    return answer.body.decode(), answer.get("set-cookie", "")


def value_of(url):
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def test_a_session_stays_over_reloads_and_moves_when_its_server_dies(fairlead, origin):
    a, b = origin(named("a")), origin(named("b"))
    dynamic = document("app", app=sticky(a.url, b.url))
    server = fairlead(dynamic=dynamic)
    body, cookie = get(server)
    mine = a if body == "a" else b
    assert cookie == f"s={value_of(mine.url)}; Path=/; HttpOnly"
    session = cookie.partition(";")[0]
    assert {get(server, session) for _ in range(6)} == {(body, "")}
    # A reload that adds a server, and one that turns the list round.
    extra = origin(named("extra"))
    for urls in ((a.url, extra.url, b.url), (b.url, a.url, extra.url)):
        changed = copy.deepcopy(dynamic)
        changed["http"]["services"]["app"] = sticky(*urls)
        server.write_dynamic(changed)
        wait_until(lambda: "extra" in {get(server)[0] for _ in range(6)}, "the new configuration")
        assert {get(server, session) for _ in range(6)} == {(body, "")}
    mine.close()
    other, cookie = get(server, session)
    assert other != body
    assert cookie.startswith("s=") and not cookie.startswith(session)


def test_a_fenced_server_keeps_its_sessions_and_gets_no_others(fairlead, origin):
    a, b = origin(named("a")), origin(named("b"))
    app = sticky(a.url, b.url)
    app["loadBalancer"]["servers"][0]["fenced"] = True
    server = fairlead(dynamic=document("app", app=app))
    assert {get(server)[0] for _ in range(6)} == {"b"}
    assert {get(server, f"s={value_of(a.url)}") for _ in range(4)} == {("a", "")}


def test_nested_sessions_have_a_cookie_on_each_level(fairlead, origin):
    a, b, c = origin(named("a")), origin(named("b")), origin(named("c"))
    weighted = {"weighted": {"services": [{"name": "one", "weight": 1}, {"name": "two", "weight": 1}],
                             "sticky": {"cookie": {"name": "outer"}}}}
    server = fairlead(dynamic=document("top", top=weighted, one=sticky(a.url, b.url), two=[c.url]))
    session = f"outer={value_of('one')}; s={value_of(b.url)}"
    assert {get(server, session) for _ in range(6)} == {("b", "")}
    assert {get(server, f"outer={value_of('two')}") for _ in range(4)} == {("c", "")}


@pytest.mark.parametrize("strategy", ["wrr", "p2c", "hrw", "leasttime", "random"])
def test_every_strategy_serves(fairlead, origin, strategy):
    a, b = origin(named("a")), origin(named("b"))
    app = {"loadBalancer": {"strategy": strategy, "servers": [{"url": a.url}, {"url": b.url}]}}
    server = fairlead(dynamic=document("app", app=app))
    bodies = [get(server)[0] for _ in range(40)]
    assert set(bodies) <= {"a", "b"}
    if strategy == "hrw":
        assert len(set(bodies)) == 1
    else:
        assert len(set(bodies)) == 2
    a.close()
    assert {get(server)[0] for _ in range(10)} == {"b"}


def test_consistent_hash_follows_its_header(fairlead, origin):
    upstreams = [origin(named(str(number))) for number in range(4)]
    app = {"loadBalancer": {"consistentHash": {"header": "X-Tenant"},
                            "servers": [{"url": one.url} for one in upstreams]}}
    server = fairlead(dynamic=document("app", app=app))
    places = {}
    for tenant in range(30):
        bodies = {get(server, headers=f"X-Tenant: t{tenant}\r\n")[0] for _ in range(3)}
        assert len(bodies) == 1
        places[tenant] = bodies.pop()
    assert len(set(places.values())) == 4
    gone = upstreams[0]
    gone.close()
    for tenant, place in places.items():
        now = get(server, headers=f"X-Tenant: t{tenant}\r\n")[0]
        assert now == place or place == "0"


def test_a_mirror_gets_head_and_body_and_its_failure_is_nobodys_matter(fairlead, origin):
    main, mirror = origin(named("main")), origin(named("mirror", "500 Internal Server Error"))
    mirroring = {"mirroring": {"service": "main", "mirrors": [{"name": "mirror", "percent": 100},
                                                             {"name": "dead", "percent": 100}]}}
    server = fairlead(dynamic=document("shown", shown=mirroring, main=[main.url], mirror=[mirror.url],
                                       dead=["http://127.0.0.1:1"]))
    large = b"x" * 300_000
    with Connection(server.web) as client:
        client.send(f"POST /up?a=b HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(large)}\r\nX-Own: 1\r\n\r\n"
                    .encode() + large)
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"main")
    wait_until(lambda: len(mirror.requests) == 1, "the mirror to be asked")
    seen = mirror.requests[0]
    assert seen.raw.startswith(b"POST /up?a=b HTTP/1.1\r\n")
    assert seen["host"] == HOST and seen["x-own"] == "1"
    assert seen.body == large == main.requests[0].body
    assert seen["x-forwarded-for"] == main.requests[0]["x-forwarded-for"]


def test_a_mirror_that_hangs_delays_nothing_and_survives_a_reload(fairlead, origin):
    def hang(connection):
        read_request(connection)
        connection.socket.recv(1)
    main, mirror = origin(named("main")), origin(hang)
    shown = {"mirroring": {"service": "main", "mirrors": [{"name": "mirror", "percent": 100}]}}
    dynamic = document("shown", shown=shown, main=[main.url], mirror=[mirror.url])
    server = fairlead(dynamic=dynamic)
    for _ in range(20):
        assert get(server)[0] == "main"
    wait_until(lambda: len(mirror.requests) == 20, "all mirrors to be asked")
    other = origin(named("other"))
    server.write_dynamic(document("plain", plain=[other.url]))
    wait_until(lambda: get(server)[0] == "other", "the new configuration")


def test_failover_on_a_status_sends_the_body_again(fairlead, origin):
    main, reserve = origin(named("main", "503 Service Unavailable")), origin(named("reserve"))
    safe = {"failover": {"service": "main", "fallback": "reserve",
                         "errors": {"status": ["500-504"], "maxRequestBodyBytes": 100_000}}}
    server = fairlead(dynamic=document("safe", safe=safe, main=[main.url], reserve=[reserve.url]))
    body = b"y" * 90_000
    answer = post(server, body)
    assert (answer.status, answer.body) == (200, b"reserve")
    assert main.requests[0].body == reserve.requests[0].body == body
    assert post(server, b"y" * 100_001).status == 413
    assert len(reserve.requests) == 1


def test_failover_when_the_first_service_is_gone_and_back_again(fairlead, origin):
    main, reserve = origin(named("main")), origin(named("reserve"))
    safe = {"failover": {"service": "main", "fallback": "reserve"}}
    server = fairlead(dynamic=document("safe", safe=safe, main=[main.url], reserve=[reserve.url]))
    assert get(server)[0] == "main"
    main.close()
    assert {get(server)[0] for _ in range(5)} == {"reserve"}
    assert post(server, b"z").body == b"reserve"


def test_a_weighted_child_without_a_living_server_gets_nothing(fairlead, origin):
    b = origin(named("b"))
    weighted = {"weighted": {"services": [{"name": "dead", "weight": 3}, {"name": "alive", "weight": 1}]}}
    server = fairlead(dynamic=document("top", top=weighted, dead=["http://127.0.0.1:1"], alive=[b.url]))
    statuses = [fetch(server.web, HOST).status for _ in range(20)]
    assert statuses[0] in (200, 502)
    assert set(statuses[4:]) == {200}


def test_highest_random_weight_keeps_a_client_at_its_service(fairlead, origin):
    a, b = origin(named("a")), origin(named("b"))
    hashed = {"highestRandomWeight": {"services": [{"name": "one"}, {"name": "two"}]}}
    server = fairlead(dynamic=document("top", top=hashed, one=[a.url], two=[b.url]))
    assert len({get(server)[0] for _ in range(10)}) == 1


def test_middlewares_of_a_service_run_once_and_in_front_of_it(fairlead, origin):
    a = origin()
    dynamic = document("app", app={"loadBalancer": {"servers": [{"url": a.url}]}, "middlewares": ["prefix"]})
    dynamic["http"]["middlewares"] = {"prefix": {"addPrefix": {"prefix": "/inner"}}}
    server = fairlead(dynamic=dynamic)
    assert fetch(server.web, HOST, "/x").body.startswith(b"GET /inner/x HTTP/1.1")


def test_a_circle_is_refused_by_name_and_the_rest_serves(fairlead, origin):
    a = origin(named("a"))
    loop = {"weighted": {"services": [{"name": "b", "weight": 1}]}}
    dynamic = document("app", app=[a.url], a=loop, b={"failover": {"service": "a", "fallback": "app"}})
    server = fairlead(dynamic=dynamic)
    assert get(server)[0] == "a"
    wait_until(lambda: "refers to itself: a@file → b@file → a@file" in server.log(), "the diagnostic")


def test_an_unknown_strategy_is_refused_with_the_known_ones(fairlead, origin):
    app = {"loadBalancer": {"strategy": "p2", "servers": [{"url": "http://127.0.0.1:1"}]}}
    server = fairlead(dynamic=document("app", app=app))
    assert fetch(server.web, HOST).status == 404
    wait_until(lambda: 'did you mean \\"p2c\\"?' in server.log() or 'did you mean "p2c"?' in server.log(), "the diagnostic")
