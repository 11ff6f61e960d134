"""The connection to a scheduler: made only when it and all its workers are of our version."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from ingenious_ops.bulk.cluster import versions
from ingenious_ops.bulk.errors import SchedulerError, WorkerVersionError
from ingenious_ops.extras import needs_extra

with needs_extra("dask", "distributed", "dask"):
    from dask import config
    from distributed import Client
    from distributed.comm.addressing import parse_address
    from distributed.security import Security

_TIMEOUT: Final = 30.0
"""Seconds for the scheduler to answer, and for its first worker to be there."""


def connect(address: str, *, timeout: float = _TIMEOUT) -> Any:
    """A client of `distributed`, which the caller closes.

    With an address of `tls://` it uses the certificates that Dask's own configuration names.

    Raises: SchedulerError, WorkerVersionError.
    """
    _require_security(address)
    try:
        client: Any = Client(address, timeout=timeout, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:  # those of a malformed address too
        raise SchedulerError(f"no scheduler answers at {address}: {error}") from error
    try:
        _require_workers(client, address, timeout)
        _require_versions(client, address)
    except BaseException:
        client.close()
        raise
    return client


def workers_of(client: Any) -> dict[str, int]:
    """Threads of each worker, by its address; asks the scheduler."""
    found: dict[str, int] = client.nthreads()
    return found


def _require_security(address: str) -> None:
    """Before there is a client: distributed 2026.8.0 refuses this at once, but such a client then
    keeps the process for twice its timeout.
    """
    if config.get("distributed.client.security-loader", None):
        return  # the client asks it, and nobody else knows what it gives
    try:
        security: Any = Security()  # type: ignore[no-untyped-call]
        settings = security.get_connection_args("client")
    except (OSError, ValueError, TypeError) as error:  # of files, certificates and versions
        raise SchedulerError(
            f"Dask's TLS settings cannot be used: {error}",
            hint="They begin with DASK_DISTRIBUTED__COMM__TLS__, or stand in a file of Dask.",
        ) from error
    scheme, _ = parse_address(address)  # that of a setting, where it has none
    if scheme == "tls" and not settings["ssl_context"]:
        raise SchedulerError(
            f"there is no certificate for {address}",
            hint="Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ...__TLS__CLIENT__CERT and "
            "...__TLS__CLIENT__KEY.",
        )
    if scheme == "tcp" and settings["require_encryption"]:
        raise SchedulerError(
            f"Dask's settings require encryption, and {address} has none",
            hint="Give an address of tls://.",
        )


def _require_workers(client: Any, address: str, timeout: float) -> None:
    with suppress(TimeoutError):
        client.wait_for_workers(1, timeout=timeout)
        return
    raise SchedulerError(
        f"the scheduler at {address} has no workers", hint=f"Start some: dask worker {address}"
    )


def _require_versions(client: Any, address: str) -> None:
    expected = versions.own()
    packages = client.get_versions(check=False)["scheduler"]["packages"]
    there = {"distributed": packages["distributed"]}
    versions.require(expected, there, f"the scheduler at {address}")
    for worker, found in client.run(versions.own, on_error="return").items():
        if isinstance(found, Exception):
            raise WorkerVersionError(
                f"the worker {worker} cannot import this version: {type(found).__name__}: {found}"
            )
        versions.require(expected, found, f"the worker {worker}")
