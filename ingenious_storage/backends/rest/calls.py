"""Calls of a backend as requests, and what went wrong with them as StorageErrors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from string import ascii_letters, digits
from typing import Final, NamedTuple
from urllib.parse import quote

from ingenious_storage.backends.options import Condition, IfAbsent, IfMatch
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    InvalidKeyError,
    NotFoundError,
    OperationTimeoutError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.http.errors import Failure, HttpError

WRITES: Final = frozenset({"put", "upload", "delete", "delete_many", "ensure_container"})
"""Operations of which a lost answer may mean that they were done."""
_PLAIN: Final = f"{ascii_letters}{digits}/_.~-"
"""What stays as it is (RFC 3986, section 2.3), and the slash between segments."""


class Call(NamedTuple):
    """What a backend was asked for: it names the error, and decides what some answers mean."""

    operation: str
    key: str | None = None
    condition: Condition | None = None


def quoted(key: str) -> str:
    """A key as the path of a URL."""
    return quote(key, safe="/~") if key.strip(_PLAIN) else key


@dataclass(slots=True)
class Request:
    """What is sent for a call; a signer adds to it.

    Attributes:
        path: percent-encoded, from the root of the host.
        query: names and values, not encoded.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and query as they travel."""
        if not self.query:
            return self.path
        pairs = (f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in self.query.items())
        return f"{self.path}?{'&'.join(pairs)}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success. `service` is the one to name: "Azure"."""

    service: str
    status: int
    code: str | None
    request_id: str | None
    retry_after: float | None


def refused(call: Call, refusal: Refusal, rule: Rule) -> StorageError:
    """The error for an answer of the service; no text of its body is in it."""
    told = f"{refusal.service} answered {refusal.status} {refusal.code or 'without an error code'}"
    if refusal.request_id:
        told += f" (request id {refusal.request_id})"
    return _error(call, rule, told, refusal.code, refusal.retry_after)


def unanswered(call: Call, error: HttpError, *, hint: str | None = None) -> StorageError:
    """The error for a request that got no answer. `hint` is of a store, for its own addresses."""
    host = error.host or "the service"
    told = f"no usable answer from {host} ({error.failure}: {error})"
    return _error(call, _rule(error, host, hint), told, None, None)


def _rule(error: HttpError, host: str, hint: str | None) -> Rule:
    match error.failure:
        case Failure.TIMEOUT:
            return Rule(OperationTimeoutError, outcome_unknown=error.sent)
        case Failure.CERTIFICATE:
            hint = (
                f"The certificate of {host} is not trusted: set REQUESTS_CA_BUNDLE to your CA file."
            )
            return Rule(UnavailableError, hint, retryable=False, outcome_unknown=False)
        case Failure.IDENTITY:
            hint = (
                f"{host} wants a certificate: set storage.http.client_certificate and client_key."
            )
            return Rule(AuthenticationError, hint, outcome_unknown=False)
        case Failure.PROXY:
            hint = f"{host} is a proxy that the environment names: correct HTTPS_PROXY or NO_PROXY."
        case Failure.NAME | Failure.CONNECT | Failure.TLS:
            hint = hint or (
                f"Is {host} right, and can this machine reach it? "
                "Check the name, DNS and the proxy."
            )
        case _:
            hint = None
    return Rule(UnavailableError, hint, outcome_unknown=error.sent)


def _error(
    call: Call, rule: Rule, told: str, code: str | None, retry_after: float | None
) -> StorageError:
    key = call.key
    return _seen_by_caller(rule.kind, call)(
        f"{call.operation}{f' {key!r}' if key is not None else ''}: {told}",
        operation=call.operation,
        key=key,
        service_code=code,
        hint=rule.hint,
        retryable=rule.retryable,
        retry_after=retry_after,
        outcome_unknown=rule.outcome_unknown if call.operation in WRITES else False,
    )


def _seen_by_caller(kind: type[StorageError], call: Call) -> type[StorageError]:
    """A service answers some broken conditions in more than one way; callers see one."""
    if kind is ConflictError and isinstance(call.condition, IfAbsent):
        return AlreadyExistsError
    if kind is NotFoundError and isinstance(call.condition, IfMatch):
        return ConflictError
    if kind is InvalidKeyError and call.key is None:
        return ConfigurationError
    return kind


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the header holds those or an HTTP date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
