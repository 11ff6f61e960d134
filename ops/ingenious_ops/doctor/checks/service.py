"""Checks of the service: who answers at the endpoint, and what time it is there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.checks.network import is_emulator, target
from ingenious_ops.doctor.model import WARN_SKEW, Check, Result, failed, passed, skipped, warned

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Service"
_SERVERS: Final = re.compile(r"(?i)windows-azure|azurite")
MAX_SKEW: Final = timedelta(minutes=15)
"""An older request is refused: "Authorize with Shared Key", section on the Date header."""
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
    if "x-ms-request-id" in knock.headers or _SERVERS.search(server):
        return passed(f"{server} answers", *_tenant_line(context))
    if knock.status >= 500:
        return failed(
            f"{server} answered {knock.status}, without being Azure Blob Storage",
            hint="A gateway or proxy before the service is broken: look at its log.",
            code="unavailable",
        )
    kind = knock.headers.get("content-type", "no content").partition(";")[0]
    place = knock.headers.get("location")
    return failed(
        f"what answers is not Azure Blob Storage: {knock.status}, {kind}, from {server}",
        *([f"it sends to {place.partition('?')[0]}"] if place else []),
        hint=_stranger_hint(context),
        code="unavailable",
    )


def _stranger_hint(context: Context) -> str:
    place = target(context)
    if is_emulator(context):
        return f"Another program listens at {place}: correct storage.endpoint, or stop it."
    return (
        f"Correct storage.endpoint ({place}). If it is right, a portal or proxy answers for it: "
        "open any page in a browser to sign in to this network, or set NO_PROXY="
        f"{place.host}."
    )


def _tenant_line(context: Context) -> list[str]:
    tenant = trusted_tenant(context)
    return [f"the account trusts the tenant {tenant}"] if tenant else []


def trusted_tenant(context: Context) -> str | None:
    """The tenant that the service names when it is asked without a signature, if it does.

    Source: "Authorize with Microsoft Entra ID", section "Bearer challenge".
    """
    challenge = context.knock.headers.get("www-authenticate", "") if context.knock else ""
    found = re.search(r"authorization_uri=\"?https://[^/\s]+/([0-9a-fA-F-]{36})/", challenge)
    return found[1].lower() if found else None


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
    if size > MAX_SKEW:
        return failed(
            f"{said}: signed requests that are 15 minutes off are refused",
            hint=_SYNC,
            code="authentication_failed",
        )
    if size > WARN_SKEW:
        return warned(f"{said}: tokens may be refused, and beyond 15 minutes keys too", hint=_SYNC)
    return passed(said)


def _rounded(size: timedelta) -> str:
    seconds = size.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


CHECKS: Final = (
    Check("service", SECTION, "answer", _answer, needs=("tls",)),
    Check("clock", SECTION, "clock", _clock, needs=("service",)),
)
