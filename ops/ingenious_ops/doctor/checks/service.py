"""Checks of the service: who answers at the endpoint, and what time it is there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import WARN_SKEW, Check, Result, failed, passed, skipped, warned
from ingenious_ops.doctor.places import is_emulator, target

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Service"
_SYNC: Final = (
    "Set this machine's clock: `sudo timedatectl set-ntp true` (Windows: `w32tm /resync`)."
)


def _answer(context: Context) -> Result:
    context.knock = knock = context.handle.knock()
    server = knock.headers.get("server", "a server without a name")
    if knock.status == 407:
        return failed(
            "a proxy asks for a login (407)",
            hint="Name a user: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.",
            code="invalid_configuration",
        )
    guide, service = guide_of(context), context.handle.service
    if guide.is_it(knock):
        return passed(f"{server} answers", *guide.of_knock(context))
    if knock.status >= 500:
        return failed(
            f"{server} answered {knock.status}, without being {service}",
            hint="A gateway or proxy before the service is broken: look at its log.",
            code="unavailable",
        )
    kind = knock.headers.get("content-type", "no content").partition(";")[0]
    place = knock.headers.get("location")
    return failed(
        f"what answers is not {service}: {knock.status}, {kind}, from {server}",
        *([f"it sends to {place.partition('?')[0]}"] if place else []),
        hint=_stranger_hint(context),
        code="unavailable",
    )


def _stranger_hint(context: Context) -> str:
    place, key = target(context), context.handle.endpoint_key
    if is_emulator(context):
        return f"Another program listens at {place}: correct {key}, or stop it."
    return (
        f"Correct {key} ({place}). If it is right, a portal or proxy answers for it: "
        "open any page in a browser to sign in to this network, or set NO_PROXY="
        f"{place.host}."
    )


def _clock(context: Context) -> Result:
    assert context.knock is not None
    date = context.knock.date
    if date is None:
        return skipped("the answer has no Date header")
    context.skew = skew = context.knock.asked_at - date
    size = abs(skew)
    if size <= timedelta(seconds=2):  # the header has no fractions
        return passed("this machine and the service agree")
    direction = "ahead of" if skew > timedelta() else "behind"
    said = f"this machine is {_rounded(size)} {direction} the service"
    most = guide_of(context).max_skew
    if most is not None and size > most:
        return failed(
            f"{said}: signed requests that are {_rounded(most)} off are refused",
            hint=_SYNC,
            code="authentication_failed",
        )
    if size > WARN_SKEW:
        keys = "" if most is None else f", and beyond {_rounded(most)} keys too"
        return warned(f"{said}: tokens may be refused{keys}", hint=_SYNC)
    return passed(said)


def _rounded(size: timedelta) -> str:
    seconds = size.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


CHECKS: Final = (
    Check("service", SECTION, "answer", _answer, needs=("tls",)),
    Check("clock", SECTION, "clock", _clock, needs=("service",)),
)
