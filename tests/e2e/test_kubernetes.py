"""Ingresses of an API server, to the traffic: what a change does, and what annotations of ingress-nginx do to requests."""
import base64
import statistics
import time

import pytest

import wire
from fairlead import wait_until
from kube_api import KubeApi

NGINX = "nginx.ingress.kubernetes.io/"


@pytest.fixture
def api():
    server = KubeApi()
    yield server
    server.close()


def put_service(api, name, origin, **metadata):
    api.put("services", name, metadata=metadata, spec={"clusterIP": "127.0.0.1", "ports": [{"port": origin.port}]})


def put_ingress(api, name, host, origin, path="/", kind="Prefix", annotations=None, service="web", **spec):
    backend = {"service": {"name": service, "port": {"number": origin.port}}}
    rule = {"host": host, "http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}
    api.put("ingresses", name, metadata={"annotations": annotations or {}}, spec={"rules": [rule], **spec})


def put_nginx(api, name, host, origin, annotations=None, **more):
    prefixed = {NGINX + key: value for key, value in {"service-upstream": "true", **(annotations or {})}.items()}
    put_ingress(api, name, host, origin, annotations=prefixed, ingressClassName="nginx", **more)


@pytest.fixture
def web(api, origin):
    one = origin()
    put_service(api, "web", one, annotations={"traefik.ingress.kubernetes.io/service.nativelb": "true"})
    api.put("ingressclasses", "nginx", spec={"controller": "k8s.io/ingress-nginx"})
    return one


def status(server, host, path="/", **options):
    return wire.fetch(server.web, host, path, **options).status


def routes_to(server, host, wanted, path="/"):
    wait_until(lambda: status(server, host, path) == wanted, f"{host}{path} answers {wanted}")


def test_an_ingress_routes_from_its_creation_to_its_end(api, web, fairlead):
    put_ingress(api, "first", "a.example", web)
    server = fairlead(static={"providers": {"kubernetesIngress": {"endpoint": api.url}}})
    routes_to(server, "a.example", 200)
    times = []
    for i in range(10):
        began = time.monotonic()
        put_ingress(api, f"i{i}", f"i{i}.example", web)
        wait_until(lambda: status(server, f"i{i}.example") == 200, "the new host", every=0.002)
        times.append((time.monotonic() - began) * 1000)
        time.sleep(0.05)
    print(f"an Ingress is effective after {statistics.median(times):.0f} ms (median of {len(times)})")
    api.remove("ingresses", "first")
    routes_to(server, "a.example", 404)
    put_ingress(api, "gone", "b.example", web, service="nowhere")
    routes_to(server, "b.example", 503)


def test_annotations_of_ingress_nginx_do_what_they_say(api, web, fairlead):
    users = base64.b64encode(b"u:{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\n").decode()
    api.put("secrets", "users", type="Opaque", data={"auth": users})
    put_nginx(api, "plain", "plain.example", web)
    put_nginx(api, "rewrite", "r.example", web, {"rewrite-target": "/$2"}, path="/app(/|$)(.*)",
              kind="ImplementationSpecific")
    put_nginx(api, "auth", "auth.example", web, {"auth-type": "basic", "auth-secret": "users"})
    put_nginx(api, "denied", "denied.example", web, {"auth-type": "basic", "auth-secret": "missing"})
    put_nginx(api, "list", "list.example", web, {"whitelist-source-range": "10.9.9.9/32"})
    put_nginx(api, "small", "small.example", web, {"proxy-body-size": "10"})
    put_nginx(api, "tls", "tls.example", web, {}, tls=[{"hosts": ["tls.example"]}])
    put_nginx(api, "www", "w.example", web, {"from-to-www-redirect": "true"})
    put_nginx(api, "rate", "rate.example", web, {"limit-rps": "1", "limit-burst-multiplier": "1"})
    put_nginx(api, "cors", "cors.example", web, {"enable-cors": "true", "cors-allow-origin": "https://o.example"})
    server = fairlead(static={"providers": {"kubernetesIngressNGINX": {"endpoint": api.url}}})
    routes_to(server, "plain.example", 200)
    assert b"GET /x/y?q=1 " in wire.fetch(server.web, "r.example", "/APP/x/y?q=1").body
    assert status(server, "r.example", "/other") == 404
    assert status(server, "auth.example") == 401
    assert status(server, "auth.example", headers="Authorization: Basic dTphYmM=\r\n") == 200
    assert status(server, "denied.example") == 503
    assert status(server, "list.example") == 403
    post = {"method": "POST", "headers": "Content-Length: 11\r\n", "body": b"x" * 11}
    assert status(server, "small.example", **post) == 413
    chunked = {"method": "POST", "headers": "Transfer-Encoding: chunked\r\n", "body": b"b\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n"}
    assert status(server, "small.example", **chunked) == 413
    head = wire.fetch(server.web, "tls.example", "/p?q")
    assert (head.status, head["location"]) == (308, "https://tls.example/p?q")
    head = wire.fetch(server.web, "www.w.example", "/p?q")
    assert (head.status, head["location"]) == (308, f"http://w.example:{server.web}/p?q".replace(f":{server.web}", ""))
    assert [status(server, "rate.example") for _ in range(3)][-1] == 503
    head = wire.fetch(server.web, "cors.example", headers="Origin: https://o.example\r\n")
    assert head["access-control-allow-origin"] == "https://o.example"


def test_custom_resources_route(api, web, fairlead):
    api.put("middlewares", "prefix", spec={"addPrefix": {"prefix": "/in"}})
    service = {"name": "web", "port": web.port, "nativeLB": True}
    route = {"match": "Host(`crd.example`)", "kind": "Rule", "services": [service], "middlewares": [{"name": "prefix"}]}
    api.put("ingressroutes", "web", spec={"routes": [route]})
    server = fairlead(static={"providers": {"kubernetesCRD": {"endpoint": api.url}}})
    routes_to(server, "crd.example", 200)
    assert b"GET /in/x " in wire.fetch(server.web, "crd.example", "/x").body


def test_what_is_wrong_and_where_we_are_is_written_back(api, web, fairlead):
    put_ingress(api, "bad", "a.example", web, service="nowhere")
    fairlead(static={"providers": {"kubernetesIngress": {"endpoint": api.url, "ingressEndpoint": {"ip": "192.0.2.1"}}}})
    wait_until(lambda: any("/ingresses/bad/status" in path for _, path, _ in api.writes), "the status")
    wait_until(lambda: any(body.get("reason") == "MissingService" for _, _, body in api.writes), "the Event")
