"""Record: an item as the data of its document, with its times and when it expires.

value        the item's own, a map
created_at   RFC 3339 text, of the first put of what is there
updated_at   RFC 3339 text, of the last put
ttl          minutes from the last access to the expiry; absent where it never expires
expires_at   RFC 3339 text; absent as above
index        false or field paths, as given to `put`; absent for the whole value
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from langgraph.store.base import Item, PutOp, SearchItem

from ingenious_storage.errors import CorruptObjectError, InvalidDataError
from ingenious_storage.jsondata import Json

_STEP: Final = 1 / 20
"""Of the TTL: a read that would put the expiry off by less writes nothing."""


@dataclass(frozen=True, slots=True)
class Record:
    """An item that was read; its value is nobody else's."""

    namespace: tuple[str, ...]
    key: str
    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    ttl: float | None
    expires_at: datetime | None
    index: bool | list[str] | None

    @classmethod
    def of(cls, parts: tuple[str, ...], data: Json, *, key: str) -> Record:
        """The record of a document. Raises: CorruptObjectError."""
        try:
            *namespace, own = parts
            return cls(
                namespace=tuple(namespace),
                key=own,
                value=dict(data["value"]),
                created_at=datetime.fromisoformat(data["created_at"]),
                updated_at=datetime.fromisoformat(data["updated_at"]),
                ttl=data.get("ttl"),
                expires_at=expiry_of(data),
                index=data.get("index"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptObjectError("this is no item of a store", key=key) from error

    def item(self) -> Item:
        """As `get` gives it."""
        return Item(
            value=self.value,
            key=self.key,
            namespace=self.namespace,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )

    def found(self, score: float | None) -> SearchItem:
        """As a search gives it."""
        return SearchItem(
            self.namespace, self.key, self.value, self.created_at, self.updated_at, score
        )

    def is_stale(self, now: datetime) -> bool:
        """Whether a read at this time puts the expiry off."""
        if self.ttl is None or self.expires_at is None:
            return False
        lifetime = timedelta(minutes=self.ttl)
        return now + lifetime - self.expires_at > lifetime * _STEP


def expiry_of(data: Json) -> datetime | None:
    """When the item expires; None where it never does."""
    text = data.get("expires_at")
    return None if text is None else datetime.fromisoformat(text)


def is_alive(data: Json, now: datetime) -> bool:
    """Whether there is an item that has not expired."""
    if data is None:
        return False
    expires_at = expiry_of(data)
    return expires_at is None or now < expires_at


def made(op: PutOp, now: datetime) -> dict[str, Any]:
    """The data of an item that was not there before.

    Raises: InvalidDataError for a value that is no mapping, and a TTL that is no time.
    """
    if not isinstance(op.value, Mapping):
        raise InvalidDataError(
            f"an item's value must be a mapping, not of type {type(op.value).__name__}",
            hint='Such as {"text": "likes tea"}; None deletes the item.',
        )
    data: dict[str, Any] = {
        "value": dict(op.value),
        "created_at": now.isoformat(),
        "updated_at": now.isoformat(),
    }
    if op.index is not None:
        data["index"] = op.index
    if op.ttl is not None:
        data["ttl"] = _minutes(op.ttl)
    return put_off(data, now)


def on_top(data: dict[str, Any], old: Json, now: datetime) -> dict[str, Any]:
    """The same in place of an older item, whose beginning it keeps."""
    return {**data, "created_at": old["created_at"]} if is_alive(old, now) else data


def put_off(data: Json, now: datetime) -> dict[str, Any]:
    """The data with its expiry a whole TTL from now, where it has one."""
    if data.get("ttl") is None:
        return dict(data)
    try:
        expires_at = now + timedelta(minutes=data["ttl"])
    except OverflowError:
        raise InvalidDataError(
            f"a TTL of {data['ttl']} minutes ends after the year 9999",
            hint="Leave ttl out for an item that never expires.",
        ) from None
    return {**data, "expires_at": expires_at.isoformat()}


def _minutes(ttl: Any) -> float:
    is_number = isinstance(ttl, int | float) and not isinstance(ttl, bool)
    if not is_number or not math.isfinite(ttl) or ttl < 0:
        raise InvalidDataError(
            f"ttl is {ttl!r}", hint="Give minutes, 0 or more, or None for an item that stays."
        )
    return float(ttl)
