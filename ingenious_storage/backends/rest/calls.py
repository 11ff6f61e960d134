"""Calls of a backend as requests, and what went wrong with them as StorageErrors."""

from __future__ import annotations

import re
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
        token: more of the query, encoded already: a secret that a signer adds.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    token: str = field(default="", repr=False)

    @property
    def target(self) -> str:
        """Path and query as they travel."""
        if not self.query:
            return f"{self.path}?{self.token}" if self.token else self.path
        pairs = [f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in self.query.items()]
        if self.token:
            pairs.append(self.token)
        return f"{self.path}?{'&'.join(pairs)}"


class UnsignedError(Exception):
    """Nobody could sign: there is no credential. Nothing was sent.

    Attributes:
        rule: the error that it becomes.
        told: why, without secrets.
    """

    def __init__(self, rule: Rule, told: str) -> None:
        super().__init__(told)
        self.rule, self.told = rule, told


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
    return failed(call, rule, told, refusal.code, refusal.retry_after)


def unanswered(call: Call, error: HttpError, *, hint: str | None = None) -> StorageError:
    """The error for a request that got no answer. `hint` is of a store, for its own addresses."""
    host = error.host or "the service"
    told = f"no usable answer from {host} ({error.failure}: {error})"
    return failed(call, _rule(error, host, hint), told)


def unusable(call: Call, problem: str) -> StorageError:
    """The error for the answer of a success that does not say what it should."""
    return failed(call, Rule(UnavailableError), f"no usable answer from the service ({problem})")


def grown(key: str) -> StorageError:
    """The error for a blob that had no bytes in a range, and has some at the next look."""
    return UnavailableError(
        "the blob grew while it was read", operation="get", key=key, outcome_unknown=False
    )


def fitting(pattern: re.Pattern[str], text: str | None) -> str | None:
    """What an answer says, if it has the form of what it should be: only that is told on."""
    return text if text and pattern.fullmatch(text) else None


def _rule(error: HttpError, host: str, hint: str | None) -> Rule:
    match error.failure:
        case Failure.TIMEOUT:
            hint = None if error.sent else _reach(host)
            return Rule(OperationTimeoutError, hint, outcome_unknown=error.sent)
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
        case Failure.PROXY if "(407)" in str(error):
            hint = "Name a user: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
            return Rule(ConfigurationError, hint, outcome_unknown=False)
        case Failure.PROXY:
            hint = (
                f"{host} is a proxy that the environment names: correct HTTPS_PROXY (of http URLs "
                "HTTP_PROXY) or NO_PROXY."
            )
        case Failure.NAME | Failure.CONNECT:
            hint = hint or _reach(host)
        case Failure.TLS:
            hint = _secure(host, str(error))
        case _:
            hint = None
    return Rule(UnavailableError, hint, outcome_unknown=error.sent)


def _secure(host: str, told: str) -> str:
    if "WRONG_VERSION_NUMBER" in told:  # which is how OpenSSL reads "HTTP/1.1"
        return f"Does {host} speak plain http? Correct the scheme or the port of the endpoint."
    return _reach(host)


def _reach(host: str) -> str:
    return f"Is {host} right, and can this machine reach it? Check the name, DNS and the proxy."


def failed(
    call: Call,
    rule: Rule,
    told: str,
    code: str | None = None,
    retry_after: float | None = None,
) -> StorageError:
    """The error of a call: by `rule`, and as `call` makes of it. `told` is what happened."""
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
