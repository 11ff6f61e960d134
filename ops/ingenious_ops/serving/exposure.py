"""Exposure: who can reach the server, and how much of it one client can hold."""

from __future__ import annotations

from typing import Final

from ingenious_ops.listening.addresses import is_loopback
from ingenious_ops.listening.connections import Limits, connections_at_most
from ingenious_storage.config import ApiSettings
from ingenious_storage.errors import ConfigurationError

_IDLE: Final = 65
"""More than the 60 s of load balancers, or they send a request into what is being closed."""
_ARRIVAL: Final = 10
"""Seconds for a request to arrive when it begins at the end of that."""


class OpenToAllError(ConfigurationError):
    """Nobody has to say who they are, and other machines could ask."""

    code = "open_to_all"
    default_hint = (
        "Name who may use it: `ingenious-storage api-keys new NAME` makes a key and the lines for "
        "`api.keys`; or configure `api.issuer`. To serve this machine alone: --host 127.0.0.1."
    )


def check_exposure(settings: ApiSettings, host: str) -> None:
    """Raises: OpenToAllError when whoever reaches `host` could read and change everything."""
    if settings.is_open and not is_loopback(host):
        raise OpenToAllError(f"whoever reaches {host} could read and change everything")


def limits_of(settings: ApiSettings) -> Limits:
    """What `settings` allow a client, at the server itself."""
    return Limits(
        connections=connections_at_most(settings.max_connections),
        timeout=_IDLE + _ARRIVAL,
        idle=_IDLE,
        body=settings.body_timeout + _ARRIVAL,  # the application answers before
        stalled=settings.body_timeout,
        grace=settings.shutdown_timeout,
    )
