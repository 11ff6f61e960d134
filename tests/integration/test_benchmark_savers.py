"""The benchmark of LangGraph's savers: what it counts, and the table that it writes."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks.measure import Timings
from benchmarks.savers.door import Counted, counting_door
from benchmarks.savers.section import HEADER, SIDES, Facts, rows
from benchmarks.savers.sites import Stored


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"body")

    def do_GET(self) -> None:
        self.do_PUT()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_door_counts_requests_and_their_bodies_also_on_one_connection(port: int) -> None:
    with counting_door(port) as door:
        for _ in range(2):
            with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)) as line:
                for method, data in (("PUT", b"x" * 100_000), ("GET", b""), ("PUT", b"yz")):
                    line.request(method, "/a", data)
                    assert line.getresponse().read() == b"body"
        assert door.take() == Counted(6, 200_004)
        assert door.take() == Counted(0, 0)


def test_each_is_compared_with_ours_on_the_same_server() -> None:
    timings, facts = Timings(), {}
    for number, side in enumerate(SIDES, 1):
        facts[side] = Facts(
            Counted(1400 * number, 14_300_000), Stored(number, 270_000), Counted(2, 0),
            Counted(3, 0), number,
        )  # fmt: skip
        for _ in range(3):
            timings.add(str(side), wall=0.01 * number, cpu=0.001 * number)
    found = rows(facts, timings)
    assert {len(row) for row in found} == {len(HEADER)}
    assert found[0][:8] == (
        "versitygw: ours", "1,400", "14.30 MB", "0.27 MB", "1", "2", "3", "1",
    )  # fmt: skip
    ours, another = (row[8:] for row in (found[3], found[5]))
    assert ours == ("4 ms", "", "40 ms", "")
    assert another == ("6 ms", "0.67 (0.67 to 0.67)", "60 ms", "0.67 (0.67 to 0.67)")
