"""Compaction: the newest items of a session give way to fewer, if they are still the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingenious_storage.adapters.openai_agents.items import (
    NothingToDoError,
    decoded,
    encoded,
    items_in,
)
from ingenious_storage.jsondata import Json

if TYPE_CHECKING:
    from agents import TResponseInputItem


def newest(items: list[TResponseInputItem], count: int | None) -> list[TResponseInputItem]:
    """The last `count` of them in their order; all of them for None and below 0."""
    return items if count is None or count < 0 else items[max(0, len(items) - count) :]


@dataclass(frozen=True, slots=True)
class Suffix:
    """The items at the end that were read, and what takes their place.

    Attributes:
        read: each of them as bytes: NaN is not equal to itself.
        output: the new ones, as `encoded` makes them.
        prune_prefix: whether an item at the very beginning has expired, and goes too.
    """

    read: list[bytes]
    output: bytes
    prune_prefix: Callable[[TResponseInputItem], bool] | None = None

    def replaced(self, data: Json) -> Json:
        """The session's document with the new items at the end.

        Raises: NothingToDoError when other items are at the end now.
        """
        items = items_in(data)
        kept = len(items) - len(self.read)
        if kept < 0 or [encoded([item]) for item in items[kept:]] != self.read:
            raise NothingToDoError
        prefix = items[:kept]
        if self.prune_prefix is not None:
            while prefix and self.prune_prefix(prefix[0]):
                del prefix[0]
        return {"items": [*prefix, *decoded(self.output)]}
