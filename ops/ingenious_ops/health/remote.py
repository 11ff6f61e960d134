"""Question to a server of these endpoints, by the standard library's HTTP alone."""

from __future__ import annotations

from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingenious_storage.errors import OperationTimeoutError, StorageError, UnavailableError
from ingenious_storage.health import Status

_MOST: Final = 64 * 1024
_NOBODY: Final = (
    "Does `ingenious-storage health serve` run there, or the application that mounts it?"
)


class Check(BaseModel):
    """One container's part of a Verdict; `output` is the code of an error. The rest is kept."""

    model_config = ConfigDict(extra="allow")

    status: Status
    observed: float | None = Field(default=None, alias="observedValue")
    output: str | None = None


class Verdict(BaseModel):
    """What `/readyz` answers, as far as it is shown."""

    status: Status
    output: str | None = None
    checks: dict[str, list[Check]] = {}


def ask(url: str, timeout: float) -> Verdict:
    """What `/readyz` below `url` answers; each step takes `timeout` seconds at most.

    The proxies of the environment are not used: a probe goes the straight way.
    Raises: UnavailableError, OperationTimeoutError.
    """
    code, body = _get(f"{url.rstrip('/')}/readyz", timeout)
    try:
        return Verdict.model_validate_json(body)
    except ValidationError:
        raise UnavailableError(
            f"{url} answered {code} and no health report", hint=_NOBODY, retryable=False
        ) from None


def check_url(url: str) -> str:
    """`url` itself. Raises: ValueError unless it is http or https and nothing but a place."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("not an http or https URL")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("a URL with more than a host, a port and a path")
    return url


def _get(url: str, timeout: float) -> tuple[int, bytes]:
    opener: OpenerDirector = build_opener(ProxyHandler({}))
    try:
        request = Request(url, headers={"Accept": "application/health+json"})  # noqa: S310  # checked
        with opener.open(request, timeout=timeout) as response:
            return response.status, response.read(_MOST)
    except HTTPError as error:
        with error:
            return error.code, error.read(_MOST)
    except (OSError, HTTPException) as error:
        raise _no_answer(url, error, timeout) from error


def _no_answer(url: str, error: Exception, timeout: float) -> StorageError:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return OperationTimeoutError(f"no answer from {url} within {timeout:g} s", hint=_NOBODY)
    why = getattr(reason, "strerror", None) or reason or type(error).__name__
    return UnavailableError(f"no answer from {url}: {why}", hint=_NOBODY)
