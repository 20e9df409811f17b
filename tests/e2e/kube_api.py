"""As much of a Kubernetes API server as a controller needs: lists, watches, and writes that are remembered."""
import http.server
import json
import threading
import urllib.parse


class KubeApi:
    def __init__(self):
        self.changed = threading.Condition()
        self.objects, self.events, self.writes, self.version, self.is_open = {}, [], [], 100, True
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                api.get(self)

            def do_POST(self):
                api.write(self)

            do_PUT = do_PATCH = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that leave in the middle are part of it
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def put(self, resource, name, **fields):
        with self.changed:
            self.version += 1
            meta = {"name": name, "namespace": "default", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z",
                    "resourceVersion": str(self.version), **fields.pop("metadata", {})}
            if resource == "ingressclasses":
                del meta["namespace"]
            known = self.objects.setdefault(resource, {})
            kind = "MODIFIED" if name in known else "ADDED"
            known[name] = {"metadata": meta, **fields}
            self.events.append((resource, {"type": kind, "object": known[name]}))
            self.changed.notify_all()

    def remove(self, resource, name):
        with self.changed:
            self.version += 1
            gone = self.objects[resource].pop(name)
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.events.append((resource, {"type": "DELETED", "object": gone}))
            self.changed.notify_all()

    def get(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        resource = url.path.split("/")[-1]
        if "/leases/" in url.path:
            return self.answer(request, 404, {})
        if "watch" in query:
            return self.watch(request, resource, query)
        with self.changed:
            items = [one for one in self.objects.get(resource, {}).values() if fits(one, query)]
            self.answer(request, 200, {"metadata": {"resourceVersion": str(self.version)}, "items": items})

    def watch(self, request, resource, query):
        if "sendInitialEvents" in query:
            return self.answer(request, 422, {"code": 422})
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        since, seen = int(query["resourceVersion"]), 0
        while self.is_open:
            with self.changed:
                fresh = self.events[seen:]
                seen = len(self.events)
                if not fresh:
                    self.changed.wait(1)
            for its, event in fresh:
                newer = int(event["object"]["metadata"]["resourceVersion"]) > since
                if its == resource and newer and fits(event["object"], query):
                    line = json.dumps(event).encode() + b"\n"
                    request.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def write(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])) or b"{}")
        with self.changed:
            self.writes.append((request.command, request.path, body))
        self.answer(request, 200, body)

    @staticmethod
    def answer(request, status, body):
        data = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def close(self):
        self.is_open = False
        self.server.shutdown()
        self.server.server_close()


def fits(one, query):
    field, _, value = query.get("fieldSelector", "").partition("=")
    if field == "type":
        return one.get("type") == value
    return field != "metadata.name" or one["metadata"]["name"] == value
