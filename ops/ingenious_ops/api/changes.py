"""Changes: what every request that writes may say of itself, and its line in the audit log."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool

from ingenious_ops.api import request_ids
from ingenious_ops.api.errors import InvalidRequestError
from ingenious_ops.api.identity.principal import Principal
from ingenious_storage import RevisionId, once

T = TypeVar("T")
AUDIT: Final = "ingenious_storage.audit"
KEY: Final = "Idempotency-Key"
_LONGEST: Final = 255
_HEADER: Final = Header(
    alias=KEY,
    description="the same for each repetition of one call",
    json_schema_extra={"pattern": "^[ -~]{1,255}$"},
)
_log: Final = logging.getLogger(AUDIT)


@dataclass(frozen=True, slots=True)
class Change:
    """Why something is changed, and how often it may be: parameters of the request."""

    message: str | None = None
    tags: tuple[str, ...] = ()
    key: str | None = None
    """Idempotency-Key: of a call that may be repeated."""

    async def made(
        self, call: Callable[[], T], *, who: Principal, request: Request, body: bytes = b""
    ) -> T:
        """What `call` makes, in a thread; once, for one key of one caller and one request.

        A key is the caller's own: nobody can find out, or take, what others have written with it.
        """
        if self.key is None:
            return await run_in_threadpool(call)
        token = hashlib.sha256(f"{who.name}\n{self.key}".encode()).hexdigest()
        query = request.scope["query_string"]
        means = b"\n".join((request.method.encode(), request.url.path.encode(), query, body))
        with once(token, means):
            return await run_in_threadpool(call)


async def _change(
    *,
    message: Annotated[str | None, Query(description="why, for the history")] = None,
    tag: Annotated[
        list[str], Query(default_factory=list, description="of the revision; repeatable")
    ],
    key: Annotated[str | None, _HEADER] = None,
) -> Change:
    return Change(message, tuple(tag), _checked(key))


async def _bare(key: Annotated[str | None, _HEADER] = None) -> Change:
    return Change(key=_checked(key))


async def _explained(
    message: Annotated[str | None, Query(description="why, for the history")] = None,
    key: Annotated[str | None, _HEADER] = None,
) -> Change:
    return Change(message, key=_checked(key))


def _checked(key: str | None) -> str | None:
    if key is not None and not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise InvalidRequestError(
            f"an {KEY} that is empty, too long or not printable",
            hint=f"Draw one at random, such as a UUID; at most {_LONGEST} characters of ASCII.",
        )
    return key


Changed = Annotated[Change, Depends(_change)]
"""For a request whose body is the data: message and tags are in the query."""
Explained = Annotated[Change, Depends(_explained)]
"""For a request without data, whose revision has no tags: a deletion."""
Repeatable = Annotated[Change, Depends(_bare)]
"""For a request whose body has its message and tags."""


def audit(who: Principal, act: str, what: str, revision: RevisionId | None = None) -> None:
    """A line of the log `ingenious_storage.audit`: who did what, and in which request.

    Args:
        act: such as "commit".
        what: the kind and the name; no id of a person.
    """
    made = "-" if revision is None else f"{revision.number}-{revision.write_id}"
    _log.info(
        "%s %s %s revision %s request %s", who.name, act, what, made, request_ids.current.get()
    )
