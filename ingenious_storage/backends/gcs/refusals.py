"""Refusals: answers of GCS that are no success, as StorageErrors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from ingenious_storage.backends.gcs.reasons import BUCKET_TAKEN, FOREIGN, rule_for
from ingenious_storage.backends.rest.calls import WRITES, Call, Refusal, refused, retry_after
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import ContainerNotFoundError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from ingenious_storage.errors import StorageError
    from ingenious_storage.http.answers import Response

_REASON: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
_NO_OBJECT: Final = b"No such object"
_NO_BUCKET: Final = b"bucket does not exist"
_OF_OBJECTS: Final = frozenset({"get", "head", "delete", "delete_many", "container_exists"})
_MISSING_BUCKET: Final = Rule(ContainerNotFoundError)
_CHANGED: Final = (
    "Something between this machine and the service may have changed the answer: check "
    "storage.gcs.endpoint and the proxies."
)


class AmbiguousError(NotFoundError):
    """A 404 that does not say whether the object is missing or its bucket."""


def refusal(call: Call, response: Response) -> StorageError:
    """The error for an answer; no text of its body is in it."""
    reason = reason_of(response.body)
    told = Refusal(
        "GCS",
        response.status,
        reason,
        response.headers.get("x-guploader-uploadid"),
        retry_after(response.headers),
    )
    rule = rule_for(response.status, reason)
    if response.status == 404:
        rule = _missing(call, response.body)
    elif response.status == 409 and call.operation == "ensure_container":
        rule = BUCKET_TAKEN
    return refused(call, told, rule)


def reason_of(body: bytes) -> str | None:
    """The service's own word for what went wrong; None when there is none to be believed."""
    try:
        error: Any = orjson.loads(body)["error"]
        found = error["errors"][0]["reason"] if "errors" in error else _detail(error)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) and _REASON.fullmatch(found) else None


def _detail(error: Any) -> Any:
    """Of the newer shape, which the service's front end gives: google.rpc.ErrorInfo."""
    return next((each["reason"] for each in error["details"] if "reason" in each), error["status"])


def _missing(call: Call, body: bytes) -> Rule:
    """Object and bucket have one reason, `notFound`: only the message tells them apart."""
    if _NO_BUCKET in body:
        return _MISSING_BUCKET
    if _NO_OBJECT in body and call.operation in _OF_OBJECTS:
        return Rule(NotFoundError)
    if not _is_of_the_api(body) and call.operation != "get":  # downloads fail with plain text
        return FOREIGN
    return Rule(AmbiguousError) if call.operation in _OF_OBJECTS else _MISSING_BUCKET


def _is_of_the_api(body: bytes) -> bool:
    """Whether the API gave this 404: any web server gives one, and it says nothing of objects."""
    try:
        return bool(orjson.loads(body)["error"]["code"] == 404)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return False


def unusable(call: Call, problem: str) -> UnavailableError:
    """The error for a success that cannot be one of GCS."""
    key = f" {call.key!r}" if call.key is not None else ""
    return UnavailableError(
        f"{call.operation}{key}: GCS gave an answer that cannot be used: {problem}",
        operation=call.operation,
        key=call.key,
        hint=_CHANGED,
        outcome_unknown=call.operation in WRITES,
    )
