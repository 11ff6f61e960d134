"""Tokens of a sharded listing: where each shard's own listing stands, as one text."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from ingenious_storage.errors import InvalidDataError


def encode(after: str, places: Mapping[str, str | None]) -> str:
    """`after`: the last name that was listed; `places`: of each shard that has more, its token."""
    return urlsafe_b64encode(orjson.dumps({"after": after, "at": places})).decode()


def decode(token: str, shards: Collection[str]) -> tuple[str, dict[str, str | None]]:
    """Raises: InvalidDataError when it is no token of a listing of these shards."""
    try:
        found: Any = orjson.loads(urlsafe_b64decode(token.encode()))
        after, places = found["after"], dict(found["at"])
    except (ValueError, TypeError, KeyError):
        raise _refused() from None
    known = places.keys() <= {*shards}
    if not known or not isinstance(after, str) or not all(map(_is_place, places.values())):
        raise _refused()
    return after, places


def _is_place(value: object) -> bool:
    return value is None or isinstance(value, str)


def _refused() -> InvalidDataError:
    return InvalidDataError(
        "not a token of a listing of this store", hint="Begin the listing again without a token."
    )
