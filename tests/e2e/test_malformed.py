"""Every row of tests/support/malformed_requests.h over a real socket: the status, the close, and that the server lives on."""
import json
import subprocess

import pytest

from fairlead import ROOT
from wire import Connection, fetch

DUMP = r"""
#include <cstdio>
#include "support/malformed_requests.h"
int main() {
  std::putchar('[');
  bool first = true;
  for (const auto& row : fairlead::tests::malformed_requests()) {
    std::printf("%s[\"%s\",\"", first ? "" : ",\n", row.name.c_str());
    first = false;
    for (unsigned char c : row.bytes) std::printf("%02x", c);
    std::printf("\",%u,%s]", row.status, row.must_close ? "true" : "false");
  }
  std::puts("]");
}
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The table as the unit tests compile it: (name, bytes, status, must_close)."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / "dump.cc").write_text(DUMP)
    subprocess.run(["clang++-19", "-std=c++23", f"-I{ROOT}/src", f"-I{ROOT}/tests", "dump.cc", "-o", "dump"], cwd=folder, check=True)
    table = json.loads(subprocess.run([folder / "dump"], check=True, stdout=subprocess.PIPE).stdout)
    assert len(table) > 50
    rows = [(name, bytes.fromhex(data), status, must_close) for name, data, status, must_close in table]
    # To the codec the preface is a bad request; a listener takes it for what it is and speaks HTTP/2.
    return [row for row in rows if not row[1].startswith(b"PRI * HTTP/2.0\r\n\r\n")]


def catch_all(url):
    return {"http": {"routers": {"all": {"rule": "PathPrefix(`/`)", "service": "all"}},
                     "services": {"all": {"loadBalancer": {"servers": [{"url": url}]}}}}}


def examine(port, data, status, must_close):
    """What is wrong about one row, or None."""
    with Connection(port, timeout=10) as client:
        try:
            client.send(data)
            answer = client.answer()
        except (EOFError, ConnectionError) as problem:
            # Refused by closing: allowed only where an answer could not be read for the rest of the client's bytes.
            return f"no answer ({problem})" if status == 200 else None if isinstance(problem, ConnectionError) else f"no answer ({problem})"
        except TimeoutError:
            return "no answer within 10 s"
        passed_on = answer.status in (200, 404)
        if status == 200 and not passed_on:
            return f"refused with {answer.status}"
        if status != 200 and answer.status != status:
            return f"answered {answer.status} instead of {status}"
        if must_close:
            try:
                return None if client.is_closed() else "sent more after its answer"
            except TimeoutError:
                return "left the connection open"
    return None


def test_every_row_gets_its_status_and_its_close(fairlead, origin, rows):
    upstream = origin()
    server = fairlead(dynamic=catch_all(upstream.url))
    wrong = []
    for name, data, status, must_close in rows:
        problem = examine(server.web, data, status, must_close)
        if problem:
            wrong.append(f"{name}: {problem}")
        after = fetch(server.web, "a.example").status
        if after != 200:
            wrong.append(f"{name}: the next connection got {after}")
    assert not wrong, "\n".join(wrong)
    assert server.process.poll() is None


def test_refused_requests_never_reach_the_origin(fairlead, origin, rows):
    upstream = origin()
    server = fairlead(dynamic=catch_all(upstream.url))
    # Faults in a body or its trailers show after the head has gone on; those rows are for the test above.
    heads = [row for row in rows if row[2] != 200 and row[1].find(b"\r\n\r\n") == len(row[1]) - 4]
    assert heads
    for _, data, status, must_close in heads:
        examine(server.web, data, status, must_close)
    assert upstream.requests == []
