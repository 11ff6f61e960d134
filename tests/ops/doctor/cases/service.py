"""Something else answers, or at another time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.library.documents.faults.proxy import Answer
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import CASES, Case, case, stranger
from tests.support.faults import Call, Request


def skewed(minutes: float) -> Callable[[Bench], object]:
    def arrange(bench: Bench) -> None:
        azurite = bench.with_key()

        def reply(request: Request, call: Call) -> Answer:
            found: Answer = call()
            date = format_datetime(datetime.now(UTC) - timedelta(minutes=minutes), usegmt=True)
            others = [pair for pair in found.headers if pair[0].lower() != "date"]
            return Answer(found.status, [*others, ("Date", date)], found.body)

        bench.with_key(bench.before(azurite, reply).azurite)

    return arrange


CASES += [
    Case(
        "clock_20_minutes_ahead",
        skewed(20),
        "clock",
        "this machine is 20 minutes ahead of the service",
        "Set this machine's clock: `sudo timedatectl",
        code="authentication_failed",
    ),
    Case("clock_20_minutes_behind", skewed(-20), "clock", "20 minutes behind", "Set this machine"),
    Case(
        "clock_8_minutes_ahead",
        skewed(8),
        "clock",
        "8 minutes ahead",
        "Set this machine",
        status="warn",
        exit=0,
    ),
]


@case("service", "not Azure Blob Storage: 200, application/json", "correct storage.endpoint")
def another_server(bench: Bench) -> None:
    bench.with_canned(stranger(200, "Content-Type: application/json", b"{}"))


@case("service", "not Azure Blob Storage: 200, text/html", "Another program listens at")
def captive_portal(bench: Bench) -> None:
    page = b"<html><title>Welcome to Hotel Wi-Fi</title></html>"
    bench.with_canned(stranger(200, "Content-Type: text/html", page))


@case("service", "not Azure Blob Storage: 302", "Another program listens at")
def captive_portal_that_redirects(bench: Bench) -> None:
    bench.with_canned(stranger(302, "Location: http://login.example/?token=secret"))


@case("service", "answered 502, without being Azure", "A gateway or proxy before the service")
def broken_gateway(bench: Bench) -> None:
    bench.with_canned(stranger(502, "Content-Type: text/html"))
