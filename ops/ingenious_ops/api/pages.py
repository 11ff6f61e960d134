"""Pages: lists in pieces, each with an opaque token that says where the next begins.

A token names the last item that was seen and no number of items, so that a list that changes
meanwhile neither repeats nor leaves out what was there all the time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Final, Protocol

import orjson
from fastapi import Query

from ingenious_ops.api.errors import InvalidRequestError
from ingenious_storage import Revision

MOST: Final = 1000
_CHECK: Final = 6
"""Bytes: a token that was cut or changed is noticed. It opens nothing, so it is not signed."""

Limit = Annotated[int, Query(ge=1, le=MOST, description="items at most")]
PageToken = Annotated[
    str | None, Query(max_length=4096, description="`next` of the page before; none: the first")
]


class Histories(Protocol):
    """What has a history for each name: memories, prompt sets."""

    def kept_revisions(self, name: str, /) -> range:
        """The numbers of the revisions that are kept."""

    def history(self, name: str, /, *, limit: int | None) -> list[Revision]:
        """Revisions, newest first."""


def older(
    histories: Histories, name: str, *, before: int | None, limit: int
) -> tuple[list[Revision], bool]:
    """At most `limit` revisions below number `before`, newest first, and whether there are more.

    Raises: NotFoundError.
    """
    kept = histories.kept_revisions(name)
    newest = kept.stop - 1 if before is None else min(before, kept.stop) - 1
    if newest < kept.start:
        return [], False
    # One more than the page, since somebody may write meanwhile.
    above = kept.stop - 1 - newest
    found = histories.history(name, limit=above + limit + 1)
    wanted = [each for each in found if each.number <= newest][:limit]
    return wanted, bool(wanted) and wanted[-1].number > kept.start


def token_of(of: str, position: str | int) -> str:
    """The token of the page behind `position`.

    Args:
        of: the list and what else selects its items: a token is of no other list.
    """
    payload = orjson.dumps([of, position])
    return base64.urlsafe_b64encode(_check(payload) + payload).rstrip(b"=").decode()


def position_of(token: str | None, of: str, kind: type[str | int]) -> str | int | None:
    """Where a page begins, None for the first. Raises: InvalidRequestError."""
    if token is None:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        given, position = orjson.loads(raw[_CHECK:])
    except (binascii.Error, ValueError, TypeError):
        raise _bad() from None
    if raw[:_CHECK] != _check(raw[_CHECK:]) or given != of or type(position) is not kind:
        raise _bad()
    return position


def text_position(token: str | None, of: str) -> str | None:
    """A position that is a name or a key. Raises: InvalidRequestError."""
    found = position_of(token, of, str)
    return None if found is None else str(found)


def number_position(token: str | None, of: str) -> int | None:
    """A position that is a number, such as that of a revision. Raises: InvalidRequestError."""
    found = position_of(token, of, int)
    return None if found is None else int(found)


def _check(payload: bytes) -> bytes:
    return hashlib.sha256(b"ingenious page " + payload).digest()[:_CHECK]


def _bad() -> InvalidRequestError:
    return InvalidRequestError(
        "this page token is not one of this list",
        hint="Take `next` of the page before, with the same other parameters.",
    )
